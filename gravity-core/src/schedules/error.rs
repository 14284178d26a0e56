//! What can go wrong with schedules.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::db;
use crate::jobs;

/// A failure of schedules, or of a store of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A schedule breaks a rule.
    #[error("{what}: {reason}")]
    Invalid {
        /// The part that breaks the rule.
        what: &'static str,
        /// The rule.
        reason: String,
    },
    /// There is a schedule of this name already.
    #[error("there is a schedule of this name already")]
    Taken,
    /// No schedule has this name.
    #[error("no schedule has this name")]
    NotFound,
    /// Others changed the schedule again and again meanwhile.
    #[error("the schedule was changed by others meanwhile")]
    Changed,
    /// A stored schedule cannot be read, such as one in a time zone that this machine does not know.
    #[error("the stored schedule `{name}` cannot be read")]
    Corrupt {
        /// Its name.
        name: String,
        /// Why.
        source: serde_json::Error,
    },
    /// The job could not be made or enqueued.
    #[error("the job of the schedule: {0}")]
    Job(#[from] jobs::Error),
    /// The database failed.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    #[error("{0}")]
    Database(#[from] db::Error),
    /// A store of another kind failed.
    #[error("the store of schedules failed")]
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
            Error::NotFound => Self::not_found("schedules.not_found", "There is no such schedule."),
            Error::Taken => Self::conflict("schedules.taken", "There is a schedule of this name already."),
            Error::Changed => {
                Self::conflict("schedules.changed", "The schedule was changed meanwhile.").retryable(true)
            }
            other => Self::internal(other),
        }
    }
}
