//! What can go wrong with the audit log.

use super::Break;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::db;

/// A failure of the audit log or of its store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An entry breaks a rule.
    #[error("{what}: {reason}")]
    Invalid {
        /// The part that breaks the rule.
        what: &'static str,
        /// The rule.
        reason: &'static str,
    },
    /// Somebody has tampered with the log, so that what was asked cannot be done.
    #[error("the audit log was tampered with: {0}")]
    Broken(Break),
    /// A cursor does not belong to this list.
    #[error("the cursor does not belong to this list")]
    Cursor(#[from] crate::page::CursorError),
    /// The database failed.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    #[error("{0}")]
    Database(#[from] db::Error),
    /// A store of another kind failed.
    #[error("the store of the audit log failed")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub(super) const fn invalid(what: &'static str, reason: &'static str) -> Self {
        Self::Invalid { what, reason }
    }
}

impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        match error {
            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            Error::Database(error) => error.into(),
            Error::Cursor(error) => error.into(),
            other => Self::internal(other),
        }
    }
}
