//! What can go wrong with jobs.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::db;

/// A failure of enqueuing, or of a store of jobs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What was to be enqueued, or the name of a queue, breaks a rule.
    #[error("{what}: {reason}")]
    Invalid {
        /// The part that breaks the rule.
        what: &'static str,
        /// The rule.
        reason: String,
    },
    /// The claim has ended: the job was taken from its node, or is not there any more. Nothing was written.
    #[error("the claim of the job was lost")]
    Fenced,
    /// No job has this id.
    #[error("no job has this id")]
    NotFound,
    /// The job is in a state in which this cannot be done to it.
    #[error("the job is {0}")]
    WrongState(super::JobState),
    /// Another job with the same unique key keeps it out.
    #[error("another job with its unique key keeps it out")]
    KeptOut(super::JobId),
    /// The database failed.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    #[error("{0}")]
    Database(#[from] db::Error),
    /// A store of another kind failed.
    #[error("the store of jobs failed")]
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
            Error::NotFound => Self::not_found("jobs.unknown_job", "No job has this id."),
            Error::WrongState(state) => Self::conflict("jobs.wrong_state", format!("The job is {state}.")),
            Error::KeptOut(_) => {
                Self::conflict("jobs.kept_out", "Another job with its unique key keeps it out.")
            }
            other => Self::internal(other),
        }
    }
}
