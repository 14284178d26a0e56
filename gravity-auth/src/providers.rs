//! [`ProviderSettings`]: providers elsewhere, as they stand in a file or the environment.

use gravity_core::SecretString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A provider that signs people in. Which of the members it needs depends on its kind; what is missing is told when the
/// application starts.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderSettings {
    /// What kind of provider it is.
    pub kind: ProviderKind,
    /// As which client the application is known there.
    #[schemars(length(min = 1, max = 512))]
    pub client_id: String,
    /// The client's secret; none for Apple, nor for a client that has none.
    #[serde(default)]
    pub client_secret: Option<SecretString>,
    /// How the secret is shown.
    #[serde(default)]
    pub secret_in: SecretIn,
    /// The issuer, as in its discovery document: for `oidc`.
    #[serde(default)]
    #[schemars(length(max = 512))]
    pub issuer: Option<String>,
    /// The tenant, `organizations`, `consumers` or `common`: for `microsoft`.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub tenant: Option<String>,
    /// The team: for `apple`.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub team: Option<String>,
    /// The name of the key: for `apple`.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub key_id: Option<String>,
    /// The key, as its file holds it: for `apple`.
    #[serde(default)]
    pub key: Option<SecretString>,
    /// Other scopes than those that name and address need.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub scopes: Vec<String>,
    /// The domains of whose addresses the provider decides whose they are, or `*` for all: see
    /// [`Provider::with_authority_for`](crate::oauth::Provider::with_authority_for).
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub authority_for: Vec<String>,
}

/// A kind of provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// Google.
    Google,
    /// GitHub.
    #[serde(rename = "github")]
    GitHub,
    /// Microsoft.
    Microsoft,
    /// Apple.
    Apple,
    /// Any issuer of OpenID Connect.
    Oidc,
}

/// How a client shows its secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecretIn {
    /// In the form (`client_secret_post`).
    #[default]
    Form,
    /// In the header (`client_secret_basic`).
    Header,
}

#[cfg(feature = "client")]
mod build {
    use gravity_core::Error;
    use gravity_core::validate::Faults;

    use super::{ProviderKind, ProviderSettings, SecretIn};
    use crate::oauth::{AppleKey, ClientSecret, OAuthError, Provider};

    impl ProviderSettings {
        /// The provider of these settings, under this name.
        pub(crate) fn build(&self, id: &str) -> Result<Provider, Error> {
            let at =
                |member: &str| format!("/providers/{}/{member}", id.replace('~', "~0").replace('/', "~1"));
            let missing = |member: &str| {
                Error::validation(Faults::one(at(member), "required", "must be given for this provider"))
            };
            let secret = || match (&self.client_secret, self.secret_in) {
                (None, _) => ClientSecret::Public,
                (Some(secret), SecretIn::Form) => ClientSecret::Post(secret.clone()),
                (Some(secret), SecretIn::Header) => ClientSecret::Basic(secret.clone()),
            };
            let client = &*self.client_id;
            let provider = match self.kind {
                ProviderKind::Google => Provider::google(client, secret()),
                ProviderKind::GitHub => Provider::github(client, secret()),
                ProviderKind::Microsoft => {
                    let tenant = self.tenant.as_deref().ok_or_else(|| missing("tenant"))?;
                    Provider::microsoft(tenant, client, secret())
                }
                ProviderKind::Apple => {
                    let team = self.team.as_deref().ok_or_else(|| missing("team"))?;
                    let key_id = self.key_id.as_deref().ok_or_else(|| missing("key_id"))?;
                    let key = self.key.as_ref().ok_or_else(|| missing("key"))?;
                    let key = AppleKey::new(team, key_id, key).map_err(|error| wrong(id, &error))?;
                    Provider::apple(client, key)
                }
                ProviderKind::Oidc => {
                    let issuer = self.issuer.as_deref().ok_or_else(|| missing("issuer"))?;
                    Provider::oidc(id, issuer, client, secret())
                }
            };
            let provider = provider.with_id(id);
            let provider = match &*self.scopes {
                [] => provider,
                scopes => provider.with_scopes(scopes.iter().map(String::as_str)),
            };
            Ok(match &*self.authority_for {
                [] => provider,
                domains if domains.iter().any(|domain| domain == "*") => provider.with_authority_for_all(),
                domains => provider.with_authority_for(domains.iter().map(String::as_str)),
            })
        }
    }

    /// What is wrong with the settings of a provider.
    pub(crate) fn wrong(id: &str, error: &OAuthError) -> Error {
        Error::validation(Faults::one(Faults::pointer("/providers", id), "invalid", error.to_string()))
    }
}

#[cfg(feature = "client")]
pub(crate) use build::wrong;

#[cfg(test)]
#[cfg(feature = "client")]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn built(settings: Value) -> Result<crate::oauth::Provider, String> {
        let settings: ProviderSettings = serde_json::from_value(settings).unwrap();
        let wrong = |error: gravity_core::Error| {
            error.faults().iter().map(|fault| fault.pointer.clone()).collect::<String>()
        };
        settings.build("own").map_err(wrong)
    }

    #[test]
    fn what_a_kind_needs_is_asked_for() {
        assert_eq!(built(json!({ "kind": "google", "client_id": "c" })).unwrap().id(), "own");
        assert!(built(json!({ "kind": "github", "client_id": "c", "client_secret": "s" })).is_ok());
        for (settings, expected) in [
            (json!({ "kind": "oidc", "client_id": "c" }), "/providers/own/issuer"),
            (json!({ "kind": "microsoft", "client_id": "c" }), "/providers/own/tenant"),
            (json!({ "kind": "apple", "client_id": "c" }), "/providers/own/team"),
            (json!({ "kind": "apple", "client_id": "c", "team": "T" }), "/providers/own/key_id"),
            (json!({ "kind": "apple", "client_id": "c", "team": "T", "key_id": "K" }), "/providers/own/key"),
            (
                json!({ "kind": "apple", "client_id": "c", "team": "T", "key_id": "K", "key": "no key" }),
                "/providers/own",
            ),
        ] {
            assert_eq!(built(settings).unwrap_err(), expected);
        }
    }

    #[test]
    fn a_provider_decides_about_its_own_addresses_only() {
        let google = |domains: &[&str]| {
            built(json!({ "kind": "google", "client_id": "c", "authority_for": domains })).unwrap()
        };
        let decides =
            |domains: &[&str], email: &str| google(domains).has_authority_for(&email.parse().unwrap());
        assert!(decides(&["GMail.com"], "Ada@gmail.COM"));
        assert!(decides(&["*"], "ada@example.org"));
        for email in ["ada@example.org", "ada@not-gmail.com", "ada@x.gmail.com", "gmail.com@example.org"] {
            assert!(!decides(&["gmail.com"], email) && !decides(&[], email), "{email}");
        }
    }
}
