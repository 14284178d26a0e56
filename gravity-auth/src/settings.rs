//! [`AuthSettings`]: what can be set in a file or the environment.

use std::collections::BTreeMap;

use gravity_core::SecretString;
use gravity_core::validate::Faults;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::RoleName;
use crate::jwt::{Algorithm, SigningKey};
use crate::providers::ProviderSettings;

/// What can be set in a file or the environment, read by [`gravity_core::config`]. Two things have no default: the
/// issuer and the keys.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthSettings {
    /// The address under which the application is reached, such as `https://shop.example`: the issuer of all tokens.
    #[schemars(length(min = 8, max = 255))]
    pub issuer: String,
    /// The keys that secrets are sealed and checked by, the newest first: `2026-07:BASE64, 2026-01:BASE64`.
    pub keys: SecretString,
    /// Whom access tokens are for.
    #[serde(default = "api")]
    #[schemars(length(min = 1, max = 255))]
    pub audience: String,
    /// How people sign up.
    #[serde(default)]
    pub sign_up: SignUp,
    /// How long tokens and sessions last.
    #[serde(default)]
    pub sessions: SessionSettings,
    /// How access tokens are signed.
    #[serde(default)]
    pub tokens: TokenSettings,
    /// How long what is sent by mail is good, and where it leads.
    #[serde(default)]
    pub mail: MailSettings,
    /// Cookies, for applications in a browser.
    #[serde(default)]
    pub cookies: CookieSettings,
    /// What passwords have to be, and what they cost.
    #[serde(default)]
    pub passwords: PasswordSettings,
    /// Accounts that go.
    #[serde(default)]
    pub people: PeopleSettings,
    /// Passkeys, which are there once a domain is named.
    #[serde(default)]
    pub passkeys: PasskeySettings,
    /// Where people go on who come back from a provider.
    #[serde(default)]
    pub oauth: OAuthSettings,
    /// Who signs people in elsewhere, by the names that routes call them. Needs the feature `client`.
    #[serde(default)]
    pub providers: BTreeMap<String, ProviderSettings>,
    /// Of whom a second factor is demanded.
    #[serde(default)]
    pub second_factors: SecondFactorSettings,
}

fn api() -> String {
    "api".to_owned()
}

/// How people sign up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignUp {
    /// Whoever signs up gets mail, and signs in after having followed its link. The answer is the same whether the
    /// address is known or not.
    #[default]
    Quiet,
    /// Whoever signs up is signed in at once. Anybody can find out which addresses are known.
    Immediate,
    /// Nobody does: accounts are made by others.
    Closed,
}

/// How long tokens and sessions last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SessionSettings {
    /// How long an access token holds, in seconds.
    #[schemars(range(min = 10, max = 3600))]
    pub access_seconds: u32,
    /// How long a session lasts that is not refreshed, in hours.
    #[schemars(range(min = 1, max = 8760))]
    pub idle_hours: u32,
    /// How long a session lasts at most, in hours.
    #[schemars(range(min = 1, max = 87600))]
    pub absolute_hours: u32,
    /// How long a refresh token that was just replaced still gets the same successor, in seconds.
    #[schemars(range(max = 60))]
    pub grace_seconds: u32,
    /// How many sessions a user has at once; the oldest gives way.
    #[schemars(range(min = 1, max = 100))]
    pub most: u32,
    /// How often a node looks which sessions other nodes have ended, in milliseconds. An access token of such a
    /// session lives that much longer, and as long as reading takes.
    #[schemars(range(min = 10, max = 5000))]
    pub revocation_poll_millis: u32,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            access_seconds: 15 * 60,
            idle_hours: 7 * 24,
            absolute_hours: 90 * 24,
            grace_seconds: 10,
            most: 20,
            revocation_poll_millis: 2000,
        }
    }
}

/// How access tokens are signed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TokenSettings {
    /// What new keys sign by. Another one than that of the key that signs now brings a new key, which is published at
    /// once and signs after an hour; tokens of before go on holding. By `HS256` this application alone can verify: its
    /// keys are never published.
    pub algorithm: Algorithm,
    /// The key for `RS256`, as its file holds it (PEM): those are not made here, nor replaced as they age. Another one
    /// follows it as another algorithm would.
    pub rsa_key: Option<SecretString>,
}

impl TokenSettings {
    /// The key of the settings.
    pub(crate) fn key(&self) -> Result<Option<SigningKey>, Faults> {
        let wrong = |code: &'static str, reason: &str| Faults::one("/rsa_key", code, reason);
        match (&self.rsa_key, self.algorithm) {
            (None, Algorithm::Rs256) => Err(wrong("required", "must be given for `RS256`")),
            (None, _) => Ok(None),
            (Some(pem), Algorithm::Rs256) => {
                let key = SigningKey::from_pem(pem).map_err(|error| wrong("invalid", &error.to_string()))?;
                let is_rsa = key.algorithm() == Algorithm::Rs256;
                if is_rsa { Ok(Some(key)) } else { Err(wrong("invalid", "is no RSA key")) }
            }
            (Some(_), _) => Err(wrong("forbidden", "is for `RS256` alone")),
        }
    }
}

/// How long what is sent by mail is good, and where it leads.
///
/// A page is an address of the application. What it needs stands behind `#token=`, which no browser sends to a
/// server, so that nothing is used up by programs that look at links in mail before people do: the page sends it by
/// `POST`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MailSettings {
    /// What the application is called in mail.
    #[schemars(length(min = 1, max = 100))]
    pub application: String,
    /// Whether links and codes by mail sign in. Where they do not, their routes are not there.
    pub sign_in: bool,
    /// The page that verifies an address; a path, or a whole address.
    pub verify_page: String,
    /// The page that sets a new password.
    pub reset_page: String,
    /// The page that signs in by a link.
    pub sign_in_page: String,
    /// The page that agrees to a change of address.
    pub change_page: String,
    /// The page that accepts an invitation to an organisation.
    pub invite_page: String,
    /// How long a link that verifies an address is good, in minutes.
    #[schemars(range(min = 5, max = 10080))]
    pub verify_minutes: u32,
    /// How long a link that resets a password is good, in minutes.
    #[schemars(range(min = 5, max = 1440))]
    pub reset_minutes: u32,
    /// How long a link or code that signs in is good, in minutes.
    #[schemars(range(min = 1, max = 60))]
    pub sign_in_minutes: u32,
    /// How many digits a code has.
    #[schemars(range(min = 6, max = 8))]
    pub code_digits: u32,
    /// How many wrong guesses a code stands.
    #[schemars(range(min = 1, max = 10))]
    pub guesses: u32,
}

impl Default for MailSettings {
    fn default() -> Self {
        Self {
            application: "Gravity".to_owned(),
            sign_in: true,
            verify_page: "/verify-email".to_owned(),
            reset_page: "/reset-password".to_owned(),
            sign_in_page: "/sign-in".to_owned(),
            change_page: "/change-email".to_owned(),
            invite_page: "/accept-invitation".to_owned(),
            verify_minutes: 24 * 60,
            reset_minutes: 60,
            sign_in_minutes: 10,
            code_digits: 6,
            guesses: 5,
        }
    }
}

/// Cookies, for applications in a browser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CookieSettings {
    /// Origins beside the issuer whose pages may act for whoever is signed in by cookies: `https://admin.shop.example`.
    #[schemars(length(max = 100))]
    pub origins: Vec<String>,
    /// Cookies without TLS, for development on the own machine.
    pub insecure: bool,
}

/// What passwords have to be, and what they cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordSettings {
    /// How many characters a new one has at least.
    #[schemars(range(min = 8, max = 64))]
    pub least: u32,
    /// How many characters a new one has at most.
    #[schemars(range(min = 64, max = 256))]
    pub most: u32,
    /// Words that make a new one no harder to guess: the names of the application, its products and its makers.
    #[schemars(length(max = 1000), inner(length(min = 3, max = 64)))]
    pub words: Vec<String>,
    /// The memory that a hash takes, in KiB.
    #[schemars(range(min = 7168, max = 1_048_576))]
    pub memory_kib: u32,
    /// How often the memory is gone over.
    #[schemars(range(min = 1, max = 32))]
    pub passes: u32,
}

impl Default for PasswordSettings {
    fn default() -> Self {
        Self { least: 8, most: 100, words: Vec::new(), memory_kib: 19 * 1024, passes: 2 }
    }
}

/// Where people go on who come back from a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OAuthSettings {
    /// Where they go on who were not sent off with another address: a path, or an address at one of the origins.
    #[schemars(length(min = 1, max = 512))]
    pub page: String,
    /// Origins beside the issuer's at which people may go on: `https://app.shop.example`.
    #[schemars(length(max = 100))]
    pub origins: Vec<String>,
}

impl Default for OAuthSettings {
    fn default() -> Self {
        Self { page: "/".to_owned(), origins: Vec::new() }
    }
}

/// Of whom a second factor is demanded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SecondFactorSettings {
    /// Roles that grant nothing in a session that was begun without a second factor: who has one of them and no factor
    /// yet signs in, enrols one, and then does what the role grants. A remembered device does not stand for it.
    #[schemars(length(max = 100))]
    pub demanded_of: Vec<RoleName>,
}

/// Accounts that go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PeopleSettings {
    /// How long a deleted account can be restored, in days. After that nothing is left of it.
    #[schemars(range(min = 1, max = 3650))]
    pub grace_days: u32,
}

impl Default for PeopleSettings {
    fn default() -> Self {
        Self { grace_days: 30 }
    }
}

/// Passkeys. Without a domain there are none, and their routes are not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PasskeySettings {
    /// The domain that passkeys are bound to, for good: `shop.example`. Pages there and below it may use them.
    #[schemars(length(min = 1, max = 253))]
    pub domain: Option<String>,
    /// What authenticators call the site; by default what the application is called in mail.
    #[schemars(length(min = 1, max = 100))]
    pub name: Option<String>,
    /// The origins of the pages that use passkeys; by default that of the issuer. `https` at the domain or below it, or
    /// `http://localhost` for development.
    #[schemars(length(max = 100))]
    pub origins: Vec<String>,
    /// How many passkeys a user has at most.
    #[schemars(range(min = 1, max = 100))]
    pub most: u32,
}

impl Default for PasskeySettings {
    fn default() -> Self {
        Self { domain: None, name: None, origins: Vec::new(), most: 20 }
    }
}
