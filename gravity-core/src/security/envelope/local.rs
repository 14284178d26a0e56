//! [`LocalKeys`]: the keys that encrypt keys, in this process.

use async_trait::async_trait;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::{DataKey, EnvelopeError, KeyProvider, WrappedKey};
use crate::random;
use crate::secret::Secret;
use crate::security::{Key, KeyId, KeyRing};

const PURPOSE: &[u8] = b"gravity envelope 1";
const NONCE_LENGTH: usize = 24;

/// Keys that encrypt keys, held in this process: those of a [`KeyRing`].
///
/// A wrapped key is a random nonce of 24 bytes and the key under XChaCha20-Poly1305, bound to the name
/// of the key that encrypts it. Nonces of that length may be drawn at random for as many values as
/// anyone will have.
#[derive(Clone, Debug)]
pub struct LocalKeys(Vec<(KeyId, Secret<[u8; 32]>)>);

impl LocalKeys {
    /// The keys of a ring: the newest wraps, all unwrap.
    pub fn new(ring: &KeyRing) -> Self {
        Self(ring.iter().map(|key: &Key| (key.id().clone(), key.derive(PURPOSE))).collect())
    }
}

fn cipher(key: &Secret<[u8; 32]>) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.expose().into())
}

#[async_trait]
impl KeyProvider for LocalKeys {
    async fn newest(&self) -> Result<KeyId, EnvelopeError> {
        // A ring has at least one key.
        Ok(self.0[0].0.clone())
    }

    async fn wrap(&self, data_key: &DataKey) -> Result<WrappedKey, EnvelopeError> {
        let (id, key) = &self.0[0];
        let mut nonce = [0; NONCE_LENGTH];
        random::fill(&mut nonce);
        let payload = Payload { msg: data_key.expose(), aad: id.as_str().as_bytes() };
        let encrypted =
            cipher(key).encrypt(&XNonce::from(nonce), payload).map_err(|_| EnvelopeError::Refused)?;
        Ok(WrappedKey { key_id: id.clone(), bytes: [&nonce[..], &encrypted].concat() })
    }

    async fn unwrap(&self, wrapped: &WrappedKey) -> Result<DataKey, EnvelopeError> {
        self.decrypt(wrapped).ok_or(EnvelopeError::Refused)
    }
}

impl LocalKeys {
    fn decrypt(&self, wrapped: &WrappedKey) -> Option<DataKey> {
        let (id, key) = self.0.iter().find(|(id, _)| *id == wrapped.key_id)?;
        let (nonce, encrypted) = wrapped.bytes.split_first_chunk::<NONCE_LENGTH>()?;
        let payload = Payload { msg: encrypted, aad: id.as_str().as_bytes() };
        let bytes = Zeroizing::new(cipher(key).decrypt(&XNonce::from(*nonce), payload).ok()?);
        Some(DataKey::new(Secret::new(bytes.as_slice().try_into().ok()?)))
    }
}
