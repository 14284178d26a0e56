//! [`Passkey`].

use std::fmt;

use uuid::Uuid;

use super::{CredentialKey, PasskeyError};
use crate::jwt::base64url;

/// The name that an authenticator gave a credential: 1 to 1,023 bytes, base64url as a text.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CredentialId(Box<[u8]>);

impl CredentialId {
    /// The name of these bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PasskeyError> {
        let is_fit = (1..=1_023).contains(&bytes.len());
        if is_fit { Ok(Self(bytes.into())) } else { Err(PasskeyError::Malformed("the credential's id")) }
    }

    /// Reads base64url.
    pub fn parse(text: &str) -> Result<Self, PasskeyError> {
        let bytes = if text.len() > 1_400 { None } else { base64url::decode(text) };
        Self::from_bytes(&bytes.unwrap_or_default())
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(&self.0))
    }
}

impl fmt::Debug for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A passkey as it is kept. None of it is secret.
///
/// A store keeps one row for each, and no two rows have one id: whoever registers an id that is there is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Its name.
    pub id: CredentialId,
    /// Its public key.
    pub key: CredentialKey,
    /// How often it was used, by its own word; 0 where it does not count.
    pub counter: u32,
    /// Whether it may be copied to other devices of its owner. That never changes.
    pub backup_eligible: bool,
    /// Whether it is.
    pub backed_up: bool,
    /// Which make of authenticator it is, by its own word that nobody has signed.
    pub aaguid: Uuid,
    /// Whether its user was verified (by a PIN, a finger) when it was made.
    pub user_verified: bool,
    /// How it can be reached, by the browser's word: hints for the next time.
    pub transports: Vec<String>,
}
