//! Somebody is sent to a provider, and what they bring along.

use gravity_core::Error;
use gravity_core::audit::Origin;
use gravity_core::http::Redirect;
use gravity_core::validate::Faults;
use serde::{Deserialize, Serialize};

use super::providers::told;
use crate::domain::{SessionId, UserId};
use crate::http::origin_of;
use crate::jwt::base64url;
use crate::oauth::Started;
use crate::service::Caller;
use crate::{Auth, AuthError, AuthSettings};

/// The longest address that somebody comes back to, in bytes: it travels in a cookie.
const LONGEST: usize = 512;

/// How whoever signs in elsewhere gets the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handover {
    /// In cookies, for pages in a browser.
    Cookies,
    /// By a code that is good once, for whoever knows the secret of this challenge: SHA-256 of it, in base64url, as PKCE
    /// has it (RFC 7636, `S256`).
    Code {
        /// The challenge.
        challenge: String,
    },
}

/// What goes along in the cookie of a sign-in. The browser can read it, and cannot change it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Journey {
    pub(super) to: String,
    pub(super) by: Way,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Way {
    Cookies,
    Code(String),
    Link(UserId, SessionId),
}

impl Auth {
    /// Begins a sign-in at a provider: where to send the browser, and the cookie that it has to bring back. It comes back
    /// to a path of the application, or to an address at one of the origins of the settings.
    pub async fn begin_elsewhere(
        &self,
        provider: &str,
        return_to: Option<&str>,
        handover: Handover,
        origin: &Origin,
    ) -> Result<Started, AuthError> {
        let by = match handover {
            Handover::Cookies => Way::Cookies,
            Handover::Code { challenge } => {
                if base64url::decode(&challenge).is_none_or(|hash| hash.len() != 32) {
                    let reason = "is SHA-256 of a secret, in base64url";
                    return Err(AuthError::Invalid(Faults::one("/code_challenge", "invalid", reason)));
                }
                Way::Code(challenge)
            }
        };
        self.send_off(provider, return_to, by, origin).await
    }

    /// Begins to link an account at a provider to the account of the user who calls, who has shown who they are a
    /// moment ago.
    ///
    /// The address of the account has to be verified: nobody keeps a way into an account that may be somebody else's.
    pub async fn begin_link(
        &self,
        caller: &Caller,
        provider: &str,
        return_to: Option<&str>,
        origin: &Origin,
    ) -> Result<Started, AuthError> {
        self.provider(provider)?;
        let (user, session) = self.fresh(caller).await?;
        if user.email_verified_at.is_none() {
            return Err(AuthError::EmailNotVerified);
        }
        if self.has_account_of(user.id, provider).await? {
            return Err(AuthError::AccountTaken);
        }
        self.send_off(provider, return_to, Way::Link(user.id, session.id), origin).await
    }

    async fn send_off(
        &self,
        provider: &str,
        return_to: Option<&str>,
        by: Way,
        origin: &Origin,
    ) -> Result<Started, AuthError> {
        let client = self.0.providers.get(provider)?;
        let to = return_address(&self.0.config.settings, return_to)?;
        self.take_network(origin).await?;
        let context = serde_json::to_string(&Journey { to, by }).map_err(Error::internal)?;
        let started = client.begin(&context).await.map_err(|error| told(provider, &error))?;
        self.refund_network(origin).await;
        Ok(started)
    }
}

/// Where somebody comes back to, if that is a page of ours: else whoever sends them chose where they end up.
fn return_address(settings: &AuthSettings, wanted: Option<&str>) -> Result<String, AuthError> {
    let address = wanted.unwrap_or(&settings.oauth.page);
    let is_plain = address.len() <= LONGEST
        && address.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\#\"<>`{}".contains(&byte));
    if is_plain && (Redirect::<303>::to(address).is_ok() || is_of_ours(settings, address)) {
        return Ok(address.to_owned());
    }
    let reason = "is neither a path nor an address at an origin of the settings";
    Err(AuthError::Invalid(Faults::one("/return_to", "not_ours", reason)))
}

fn is_of_ours(settings: &AuthSettings, address: &str) -> bool {
    let Ok(address) = address.parse::<http::Uri>() else { return false };
    let (Some(scheme @ ("https" | "http")), Some(authority)) = (address.scheme_str(), address.authority())
    else {
        return false;
    };
    let origin = format!("{scheme}://{authority}");
    let own = std::iter::once(origin_of(&settings.issuer));
    own.chain(settings.oauth.origins.iter().map(String::as_str))
        .any(|ours| ours.eq_ignore_ascii_case(&origin))
}

#[cfg(test)]
mod tests {
    use gravity_core::security::{Key, KeyRing};

    use super::*;
    use crate::AuthConfig;

    #[test]
    fn nobody_is_sent_elsewhere() {
        let ring = KeyRing::new(Key::generate("k").unwrap());
        let config = AuthConfig::new("https://shop.example/accounts", ring).with(|settings| {
            "/in".clone_into(&mut settings.oauth.page);
            settings.oauth.origins =
                vec!["https://app.example".to_owned(), "http://localhost:3000".to_owned()];
        });
        let to = |wanted: Option<&str>| return_address(&config.settings, wanted).ok();
        assert_eq!(to(None), Some("/in".to_owned()));
        for good in [
            "/",
            "/a/b?c=d&e=%23f",
            "https://shop.example",
            "https://shop.example/elsewhere?x",
            "https://APP.example/in",
            "http://localhost:3000/",
        ] {
            assert_eq!(to(Some(good)), Some(good.to_owned()));
        }
        for bad in [
            "",
            "a",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/a\tb",
            "/\n/evil.example",
            "/a#b",
            "/ä",
            "https://evil.example",
            "https://shop.example.evil.example",
            "https://shop.example@evil.example/",
            "https://evil.example/https://shop.example",
            "https://shop.example:444/",
            "http://shop.example/",
            "https:shop.example",
            "https:///evil.example",
            "https://shop.example\\@evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
        ] {
            assert_eq!(to(Some(bad)), None, "{bad:?}");
        }
        assert_eq!(to(Some(&format!("/{}", "x".repeat(LONGEST)))), None);
    }
}
