//! What can go wrong with Redis.

use std::time::Duration;

use ::redis::RedisError;

/// A failure of Redis, or of the way to it. None of its texts shows the URL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration breaks a rule.
    #[error("{what} of Redis: {reason}")]
    Invalid {
        /// The part that breaks the rule.
        what: &'static str,
        /// The rule.
        reason: String,
    },
    /// The server cannot be reached, or refuses the connection. Nothing was sent.
    #[error("Redis cannot be reached")]
    Unreachable(#[source] RedisError),
    /// There was no answer in time. The command may have been carried out.
    #[error("Redis did not answer in time")]
    Timeout,
    /// The connection was lost before the answer came. The command may have been carried out.
    #[error("the connection to Redis was lost")]
    Lost(#[source] RedisError),
    /// The server refused the command, or the answer is of another type than was asked for.
    #[error("Redis refused: {0}")]
    Refused(#[source] RedisError),
    /// A value is not the JSON that it should be.
    #[error("a value in Redis is not the JSON that it should be")]
    Json(#[source] serde_json::Error),
}

impl Error {
    pub(super) fn invalid(what: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid { what, reason: reason.into() }
    }

    /// Whether the server could not be reached or did not answer, so that it may be well in a moment.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Timeout | Self::Lost(_) => true,
            // Starting, or a replica where there should be a primary.
            Self::Refused(error) => {
                matches!(error.code(), Some("LOADING" | "BUSY" | "MASTERDOWN" | "READONLY" | "TRYAGAIN"))
            }
            Self::Invalid { .. } | Self::Json(_) => false,
        }
    }

    /// What the metrics call it.
    pub(super) const fn label(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "invalid",
            Self::Unreachable(_) => "unreachable",
            Self::Timeout => "timeout",
            Self::Lost(_) => "lost",
            Self::Refused(_) => "refused",
            Self::Json(_) => "json",
        }
    }
}

impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        if error.is_outage() {
            Self::unavailable("redis.unavailable", "The service cannot reach what it needs at the moment.")
                .with_retry_after(Duration::from_secs(1))
                .with_source(error)
        } else {
            Self::internal(error)
        }
    }
}
