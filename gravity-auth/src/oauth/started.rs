//! What goes to the browser, and what comes back from it.

use std::fmt;

use gravity_core::security::mac::{Mac, MacKeys};
use gravity_core::{Secret, SecretString, Timestamp};
use ring::rand::{SecureRandom, SystemRandom};
use serde::Deserialize;

use super::{Identity, OAuthError};
use crate::jwt::base64url;

/// The longest text that comes along, in bytes: the cookie has to fit.
const LONGEST_CONTEXT: usize = 1_024;

/// A sign-in that was begun. It never prints what is secret.
#[derive(Debug, Clone)]
pub struct Started {
    /// Where to send the browser.
    pub url: String,
    /// What the browser has to bring back: a cookie for this route alone, `HttpOnly` and `Secure`, `SameSite=Lax` or,
    /// where the provider [posts back](super::Provider::posts_back), `SameSite=None`. Take it away when the browser is back.
    pub cookie: SecretString,
}

/// What the provider sends the browser back with: the query or, from Apple, the form.
#[derive(Clone, Default, Deserialize)]
#[non_exhaustive]
pub struct Answer {
    /// What is exchanged for tokens.
    #[serde(default)]
    pub code: Option<SecretString>,
    /// What the sign-in was begun with.
    #[serde(default)]
    pub state: Option<SecretString>,
    /// Whose answer it is (RFC 9207).
    #[serde(default)]
    pub iss: Option<String>,
    /// Why there is no code (RFC 6749, section 4.1.2.1).
    #[serde(default)]
    pub error: Option<String>,
    /// From Apple, the first time only: JSON with the user's name.
    #[serde(default)]
    pub user: Option<String>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("iss", &self.iss).field("error", &self.error).finish_non_exhaustive()
    }
}

/// Who came back, and what was given along when they were sent away.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finished {
    /// Whose account it is.
    pub identity: Identity,
    /// What [`OAuthClient::begin`](super::OAuthClient::begin) was given: where to go, whose account it is to be linked to.
    pub context: String,
}

/// An answer that belongs to a sign-in of this browser.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checked {
    /// What [`OAuthClient::begin`](super::OAuthClient::begin) was given.
    pub context: String,
    /// What the sign-in is known by: 43 characters of base64url, which tell nothing of it.
    pub mark: String,
    /// When its answer is refused for its age: until then the mark is kept.
    pub until: Timestamp,
}

/// What the cookie holds, and what follows from it.
#[derive(Debug)]
pub(super) struct Bond {
    text: SecretString,
    pub(super) expires: i64,
    pub(super) provider: String,
    pub(super) context: String,
}

/// The values of one sign-in.
#[derive(Debug)]
pub(super) struct Values {
    pub(super) state: SecretString,
    pub(super) nonce: Secret<String>,
    pub(super) verifier: SecretString,
}

impl Bond {
    pub(super) fn new(provider: &str, context: &str, expires: Timestamp) -> Result<Self, OAuthError> {
        if context.len() > LONGEST_CONTEXT {
            return Err(OAuthError::Config("what comes along with a sign-in has at most 1024 bytes"));
        }
        let mut random = [0; 32];
        SystemRandom::new()
            .fill(&mut random)
            .map_err(|_| OAuthError::Config("the system gives no random bytes"))?;
        let (random, context_text) = (base64url::encode(random), base64url::encode(context));
        let expires = expires.as_seconds();
        let text = SecretString::new(format!("{expires}.{provider}.{random}.{context_text}"));
        Ok(Self { text, expires, provider: provider.to_owned(), context: context.to_owned() })
    }

    /// Reads a cookie. Whether it was made here, only the state tells.
    pub(super) fn read(cookie: &str) -> Option<Self> {
        if cookie.len() > 2 * LONGEST_CONTEXT {
            return None;
        }
        let mut parts = cookie.split('.');
        let (expires, provider, random, context) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || random.len() != 43 {
            return None;
        }
        Some(Self {
            text: cookie.into(),
            expires: expires.parse().ok()?,
            provider: provider.to_owned(),
            context: String::from_utf8(base64url::decode(context)?).ok()?,
        })
    }

    pub(super) fn cookie(&self) -> SecretString {
        self.text.clone()
    }

    /// The values under the newest key.
    pub(super) fn values(&self, keys: &MacKeys) -> Values {
        self.values_of(keys, &keys.sign(STATE, self.text.expose()))
    }

    /// The values, if this is the state that belongs to the cookie.
    pub(super) fn values_for(&self, keys: &MacKeys, state: &str) -> Option<Values> {
        let state: Mac = state.parse().ok()?;
        keys.verify(STATE, self.text.expose(), &state).then(|| self.values_of(keys, &state))
    }

    /// The other values are made by the key that the state was made by.
    fn values_of(&self, keys: &MacKeys, state: &Mac) -> Values {
        let value = |context: &str| {
            let macs = keys.lookup_values(context, self.text.expose());
            let mac = macs.into_iter().find(|mac| mac.key_id() == state.key_id());
            // The key is there, or the state would not have held; its name goes before the checksum.
            let bytes = mac.map(|mac| mac.to_bytes()).unwrap_or_default();
            base64url::encode(bytes.last_chunk::<32>().copied().unwrap_or_default())
        };
        Values {
            state: SecretString::new(state.to_string()),
            nonce: Secret::new(value("auth.oauth_nonce")),
            verifier: SecretString::new(value("auth.oauth_pkce")),
        }
    }
}

const STATE: &str = "auth.oauth_state";
