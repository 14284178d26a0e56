//! [`KeyProvider`]: whoever holds the keys that encrypt keys.

use async_trait::async_trait;
use zeroize::Zeroizing;

use super::EnvelopeError;
use crate::random;
use crate::secret::Secret;
use crate::security::KeyId;

/// A key that encrypts one value, once.
#[derive(Clone, Debug)]
pub struct DataKey(Secret<[u8; 32]>);

impl DataKey {
    /// A key of these bytes, which a provider has unwrapped.
    pub const fn new(bytes: Secret<[u8; 32]>) -> Self {
        Self(bytes)
    }

    pub(super) fn generate() -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        random::fill(&mut *bytes);
        Self(Secret::new(*bytes))
    }

    /// The bytes, for a provider to wrap.
    pub const fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }
}

/// A data key, encrypted by a provider's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    /// The provider's name of the key that encrypts it.
    pub key_id: KeyId,
    /// The encrypted key, at most 65,535 bytes.
    pub bytes: Vec<u8>,
}

/// Whoever holds the keys that encrypt keys: this process ([`LocalKeys`](super::LocalKeys)), or a key
/// management service.
///
/// # Contract
/// - `unwrap` gives back exactly the key that `wrap` was given, and anything else is
///   [`EnvelopeError::Refused`]: a key of another name, a changed byte, a key it does not know.
/// - Two calls of `wrap` with one key need not give the same bytes.
/// - `wrap` uses the newest key, and `newest` names it.
/// - A provider that cannot answer at the moment says [`EnvelopeError::Unavailable`], never `Refused`.
#[async_trait]
pub trait KeyProvider: Send + Sync {
    /// The name of the key that `wrap` uses.
    async fn newest(&self) -> Result<KeyId, EnvelopeError>;

    /// Encrypts a data key under the newest key.
    async fn wrap(&self, key: &DataKey) -> Result<WrappedKey, EnvelopeError>;

    /// Decrypts a data key.
    async fn unwrap(&self, wrapped: &WrappedKey) -> Result<DataKey, EnvelopeError>;
}
