//! [`KeyLookup`].

use crate::jwt::{TokenError, VerifyingKey};

/// Where a verifier finds the key that a token names.
///
/// A name is compared with those of the keys, byte by byte, and used for nothing else.
pub trait KeyLookup {
    /// The key of this name. A token that names none is one of the only key there is.
    fn find(&self, id: Option<&str>) -> Result<&VerifyingKey, TokenError>;
}

impl KeyLookup for [VerifyingKey] {
    fn find(&self, id: Option<&str>) -> Result<&VerifyingKey, TokenError> {
        match (id, self) {
            (None, [only]) => Ok(only),
            (None, _) => Err(TokenError::NoKeyId),
            (Some(id), keys) => keys.iter().find(|key| key.id() == id).ok_or(TokenError::UnknownKey),
        }
    }
}

impl KeyLookup for Vec<VerifyingKey> {
    fn find(&self, id: Option<&str>) -> Result<&VerifyingKey, TokenError> {
        self.as_slice().find(id)
    }
}

impl KeyLookup for VerifyingKey {
    fn find(&self, id: Option<&str>) -> Result<&VerifyingKey, TokenError> {
        std::slice::from_ref(self).find(id)
    }
}
