//! [`KeySetError`].

use gravity_core::Error;
use gravity_core::security::envelope::EnvelopeError;

use crate::jwt::KeyError;

/// Why keys could not be read, made or replaced.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// The store failed.
    #[error("the store of signing keys failed")]
    Store(#[source] Error),
    /// A key in the store cannot be opened: it was sealed by other keys, or changed.
    #[error("the signing key {id} cannot be opened")]
    Sealed {
        /// The key.
        id: String,
        /// Why.
        #[source]
        source: EnvelopeError,
    },
    /// A key in the store is not what its row says.
    #[error("the signing key {0} is not what its row says")]
    Mismatch(String),
    /// A key could not be made or used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// All keys were removed from the store.
    #[error("there is no signing key")]
    NoKey,
    /// Other nodes changed the keys again and again meanwhile.
    #[error("other nodes kept changing the keys")]
    Contended,
}

impl From<KeySetError> for Error {
    fn from(error: KeySetError) -> Self {
        match error {
            KeySetError::Store(error) => error,
            KeySetError::Sealed { source: EnvelopeError::Unavailable(source), .. } => {
                Self::from(EnvelopeError::Unavailable(source))
            }
            other => Self::internal(other),
        }
    }
}
