//! [`Vault`]: seals values and opens them.

use std::fmt;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use super::format::{Envelope, VERSION};
use super::{ColumnContext, DataKey, EnvelopeError, KeyProvider, LocalKeys};
use crate::secret::Secret;
use crate::security::KeyRing;

/// Seals values for a column, and opens them.
///
/// A value is encrypted under a key of its own with XChaCha20-Poly1305 and bound to its place; the key,
/// encrypted by the [`KeyProvider`], stands in front of it. With [`LocalKeys`] a sealed value is 92
/// bytes and the key's name longer than the value; its length is not hidden.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use gravity_core::security::envelope::{ColumnContext, Vault};
/// use gravity_core::security::{Key, KeyRing};
///
/// let vault = Vault::local(&KeyRing::new(Key::generate("2026-01").unwrap()));
/// let place = ColumnContext::new("payments_accounts", "iban", b"row 7");
///
/// let sealed = vault.seal(&place, b"DE89 3704 0044 0532 0130 00").await.unwrap();
/// assert_eq!(vault.open(&place, &sealed).await.unwrap().expose(), b"DE89 3704 0044 0532 0130 00");
///
/// let elsewhere = ColumnContext::new("payments_accounts", "iban", b"row 8");
/// assert!(vault.open(&elsewhere, &sealed).await.is_err());
/// # })
/// ```
#[derive(Clone)]
pub struct Vault {
    keys: Arc<dyn KeyProvider>,
}

impl Vault {
    /// A vault whose keys a provider holds.
    pub fn new(keys: impl KeyProvider + 'static) -> Self {
        Self { keys: Arc::new(keys) }
    }

    /// A vault whose keys this process holds.
    pub fn local(ring: &KeyRing) -> Self {
        Self::new(LocalKeys::new(ring))
    }

    /// Encrypts a value for its place.
    pub async fn seal(&self, context: &ColumnContext, value: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
        let data_key = DataKey::generate();
        let key = self.keys.wrap(&data_key).await?;
        let payload = Payload { msg: value, aad: &bound_to(context) };
        let body = cipher(&data_key).encrypt(&only_nonce(), payload).map_err(|_| EnvelopeError::Refused)?;
        Envelope { key, body: &body }.write()
    }

    /// Decrypts a value that was sealed for this place.
    pub async fn open(
        &self,
        context: &ColumnContext,
        sealed: &[u8],
    ) -> Result<Secret<Vec<u8>>, EnvelopeError> {
        let envelope = Envelope::read(sealed)?;
        let data_key = self.keys.unwrap(&envelope.key).await?;
        let payload = Payload { msg: envelope.body, aad: &bound_to(context) };
        let value = cipher(&data_key).decrypt(&only_nonce(), payload).map_err(|_| EnvelopeError::Refused)?;
        Ok(Secret::new(value))
    }

    /// Encrypts the value's key anew under the newest key; the value itself stays as it is, and is not
    /// looked at.
    pub async fn rewrap(&self, sealed: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
        let envelope = Envelope::read(sealed)?;
        let data_key = self.keys.unwrap(&envelope.key).await?;
        let key = self.keys.wrap(&data_key).await?;
        Envelope { key, body: envelope.body }.write()
    }

    /// Whether the value's key is encrypted under another key than the newest.
    pub async fn needs_rewrap(&self, sealed: &[u8]) -> Result<bool, EnvelopeError> {
        Ok(Envelope::read(sealed)?.key.key_id != self.keys.newest().await?)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

fn cipher(key: &DataKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.expose().into())
}

/// A data key encrypts one value, once: no two values share a key, so that all may share a nonce.
fn only_nonce() -> XNonce {
    XNonce::default()
}

fn bound_to(context: &ColumnContext) -> Vec<u8> {
    [&[VERSION], context.as_bytes()].concat()
}
