//! What can go wrong with sagas.

use super::{SagaId, SagaStatus};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::db;
use crate::jobs;

/// A failure of sagas, or of a store of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A definition or a state breaks a rule.
    #[error("{what}: {reason}")]
    Invalid {
        /// The part that breaks the rule.
        what: &'static str,
        /// The rule.
        reason: String,
    },
    /// No steps are known for this saga.
    #[error("no steps are known for version {version} of the saga `{name}`")]
    Unknown {
        /// The saga's name.
        name: String,
        /// Its version.
        version: u32,
    },
    /// No saga has this id.
    #[error("no saga has this id")]
    NotFound,
    /// The saga has gone on meanwhile. Nothing was written.
    #[error("the saga has gone on meanwhile")]
    Fenced,
    /// The saga is in a state in which this cannot be done to it.
    #[error("the saga is {0}")]
    WrongStatus(SagaStatus),
    /// A stored saga cannot be read.
    #[error("the stored saga {id} cannot be read")]
    Corrupt {
        /// Its id.
        id: SagaId,
        /// Why.
        source: serde_json::Error,
    },
    /// The job that runs the next step could not be made or enqueued.
    #[error("the job of the saga: {0}")]
    Job(#[from] jobs::Error),
    /// The database failed.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    #[error("{0}")]
    Database(#[from] db::Error),
    /// A store of another kind failed.
    #[error("the store of sagas failed")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub(super) fn invalid(what: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid { what, reason: reason.into() }
    }
}

impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        match error {
            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            Error::Database(error) => error.into(),
            Error::Job(error) => error.into(),
            Error::NotFound => Self::not_found("sagas.not_found", "There is no such saga."),
            Error::WrongStatus(status) => {
                Self::conflict("sagas.wrong_status", format!("The saga is {status}."))
            }
            Error::Fenced => {
                Self::conflict("sagas.changed", "The saga has gone on meanwhile.").retryable(true)
            }
            other => Self::internal(other),
        }
    }
}
