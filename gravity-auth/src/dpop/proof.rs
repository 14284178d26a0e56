//! [`DpopProof`].

use gravity_core::Timestamp;
use gravity_core::security::constant_time_eq;
use ring::digest;

use super::DpopError;
use crate::jwt::base64url;

/// A proof that holds. It is good for one request: see [`ReplayMark`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DpopProof {
    /// The thumbprint of the key (RFC 7638): `cnf.jkt` of the tokens that are bound to it.
    pub thumbprint: String,
    /// What is kept so that the proof is taken once.
    pub replay: ReplayMark,
}

/// By what a proof is known again.
///
/// Keep the key until the time, and set it only where it is not there: where that fails the proof was used before.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplayMark {
    /// 43 characters of base64url, whatever the client has made up.
    pub key: String,
    /// When the proof is refused for its age.
    pub until: Timestamp,
}

impl DpopProof {
    /// Whether the proof is by the key that a token is bound to.
    pub fn check_key(&self, thumbprint: &str) -> Result<(), DpopError> {
        if constant_time_eq(&self.thumbprint, thumbprint) { Ok(()) } else { Err(DpopError::OtherKey) }
    }
}

impl ReplayMark {
    /// Two clients may choose one name: it is theirs together with the key.
    pub(super) fn new(thumbprint: &str, id: &str, until: Timestamp) -> Self {
        let mut hash = digest::Context::new(&digest::SHA256);
        // A thumbprint is always as long.
        hash.update(thumbprint.as_bytes());
        hash.update(id.as_bytes());
        Self { key: base64url::encode(hash.finish()), until }
    }
}
