//! What can go wrong with events.

use super::EventId;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::db;

/// A failure of publishing, or of a store of events.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What was to be published, or the name of a subscriber, breaks a rule.
    #[error("{what}: {reason}")]
    Invalid {
        /// The part that breaks the rule.
        what: &'static str,
        /// The rule.
        reason: String,
    },
    /// The caller's lease of a lane ended, and another node may hold it. Nothing was written.
    #[error("the lease of the lane was lost to another node")]
    Fenced,
    /// The subscriber is paused. Nothing was written.
    #[error("the subscriber is paused")]
    Paused,
    /// No subscriber of this name is known to the store.
    #[error("no subscriber of this name is known")]
    UnknownSubscriber,
    /// A stored event cannot be read.
    #[error("a stored event cannot be read")]
    Corrupt(#[source] super::CloudEventError),
    /// The database failed.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    #[error("{0}")]
    Database(#[from] db::Error),
    /// A store of another kind failed.
    #[error("the store of events failed")]
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
            Error::UnknownSubscriber => {
                Self::not_found("events.unknown_subscriber", "no subscriber of this name is known")
            }
            other => Self::internal(other),
        }
    }
}

/// Why an event cannot be read as the type that was asked for. Its text quotes none of the data.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the event {id} is no `{name}`: {reason}")]
pub struct DecodeError {
    pub(super) id: EventId,
    pub(super) name: &'static str,
    pub(super) reason: String,
}
