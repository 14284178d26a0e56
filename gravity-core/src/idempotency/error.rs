//! What can go wrong with idempotency keys.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::db;

/// A failure of the store of idempotency keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The claim was lost: its time was up, and the request was begun again elsewhere or is answered already. What
    /// the transaction has written must be rolled back, which returning this does.
    #[error("the claim of the idempotency key was lost")]
    Fenced,
    /// The answer cannot be kept: it is no JSON, or too large.
    #[error("the answer cannot be kept: {0}")]
    Answer(&'static str),
    /// Sealing the answer failed.
    #[error("the answer cannot be sealed")]
    Sealing(#[from] crate::security::envelope::EnvelopeError),
    /// The database failed.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    #[error("{0}")]
    Database(#[from] db::Error),
    /// A store of another kind failed.
    #[error("the store of idempotency keys failed")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        match error {
            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            Error::Database(error) => error.into(),
            Error::Fenced => Self::conflict(
                super::STILL_RUNNING.code,
                "The request was begun again elsewhere; this attempt was undone.",
            ),
            other => Self::internal(other),
        }
    }
}
