//! What can go wrong with locks.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::db;

/// Why a lock was not got, or is not held any more.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The name or the time breaks a rule.
    #[error("{what} of the lock: {reason}")]
    Invalid {
        /// The part that breaks the rule.
        what: &'static str,
        /// The rule.
        reason: &'static str,
    },
    /// Somebody else held the lock for as long as the caller would wait.
    #[error("somebody else holds the lock")]
    Taken,
    /// The lease has ended, and somebody else may hold the lock.
    #[error("the lock was lost")]
    Lost,
    /// The database failed.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    #[error("{0}")]
    Database(#[from] db::Error),
    /// Redis failed.
    #[cfg(feature = "redis")]
    #[error("{0}")]
    Redis(#[from] crate::redis::Error),
    /// A store of another kind failed.
    #[error("the store of locks failed")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Taken => Self::conflict("lock.taken", "Somebody else is at it.").retryable(true),
            Error::Lost => {
                Self::conflict("lock.lost", "Somebody else has taken over meanwhile.").with_source(error)
            }
            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            Error::Database(error) => error.into(),
            #[cfg(feature = "redis")]
            Error::Redis(error) => error.into(),
            other => Self::internal(other),
        }
    }
}
