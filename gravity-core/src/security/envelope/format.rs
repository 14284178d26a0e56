//! The bytes of a sealed value.
//!
//! ```text
//! version (1) | length of the key's name (1) | name | length of the wrapped key (2) | wrapped key | value and tag
//! ```

use super::{EnvelopeError, WrappedKey};
use crate::security::KeyId;

pub(super) const VERSION: u8 = 1;

/// A sealed value taken apart.
pub(super) struct Envelope<'a> {
    pub(super) key: WrappedKey,
    pub(super) body: &'a [u8],
}

impl<'a> Envelope<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, EnvelopeError> {
        Self::parts(bytes).ok_or(EnvelopeError::Refused)
    }

    fn parts(bytes: &'a [u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (id_length, rest) = rest.split_first()?;
        let (id, rest) = rest.split_at_checked(usize::from(*id_length))?;
        let (length, rest) = rest.split_first_chunk()?;
        let (wrapped, body) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        let key_id = KeyId::new(std::str::from_utf8(id).ok()?).ok()?;
        let key = WrappedKey { key_id, bytes: wrapped.to_vec() };
        (*version == VERSION).then_some(Self { key, body })
    }

    pub(super) fn write(&self) -> Result<Vec<u8>, EnvelopeError> {
        let id = self.key.key_id.as_str().as_bytes();
        let too_long =
            |_| EnvelopeError::Unavailable("a wrapped key is longer than the form has room for".into());
        let id_length = u8::try_from(id.len()).map_err(too_long)?;
        let key_length = u16::try_from(self.key.bytes.len()).map_err(too_long)?;
        let mut bytes = Vec::with_capacity(4 + id.len() + self.key.bytes.len() + self.body.len());
        bytes.extend([VERSION, id_length]);
        bytes.extend(id);
        bytes.extend(key_length.to_be_bytes());
        bytes.extend(&self.key.bytes);
        bytes.extend(self.body);
        Ok(bytes)
    }
}
