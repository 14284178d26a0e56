//! [`OutgoingError`]: why a call brought no answer.

use std::time::Duration;

use crate::http::BoxError;
use crate::http::client::{ClientError, find};
use crate::resilience::Rejected;

const UNREACHABLE: &str = "the address cannot be reached";

/// Why a call brought no answer.
///
/// The texts may be shown to whoever gave the address: they name no addresses that a name has, and do not tell one
/// that may not be called from one that does not answer. (The kinds do, and so does the time that it took.)
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutgoingError {
    /// The URL is not one that may be called, whatever it leads to.
    #[error("the address {0}")]
    Invalid(&'static str),
    /// The name leads to an address that may not be called. The log says which.
    #[error("{UNREACHABLE}")]
    Forbidden,
    /// The name could not be resolved, or nobody there could be reached or trusted. The source is for the log.
    #[error("{UNREACHABLE}")]
    Unreachable(#[source] BoxError),
    /// It took too long.
    #[error("the answer took longer than {0:?}")]
    Timeout(Duration),
    /// The answer is larger than it may be.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit that it passed.
        limit: u64,
    },
    /// A redirect that is not followed.
    #[error("the address redirects {0}")]
    Redirect(&'static str),
    /// The connection failed before the answer was complete, or what came is not HTTP. The source is for the log.
    #[error("the connection broke before the answer was complete")]
    Broken(#[source] BoxError),
    /// The host has failed too often, or too many calls are under way.
    #[error("{0}")]
    Rejected(#[source] Rejected),
}

impl OutgoingError {
    /// An error of the transport.
    pub(super) fn transport(error: BoxError) -> Self {
        let error = match error.downcast::<Rejected>() {
            Ok(rejected) => return Self::Rejected(*rejected),
            Err(error) => error,
        };
        let error = match error.downcast::<Self>() {
            Ok(own) => return *own,
            Err(error) => error,
        };
        if let Some(guard) = find::<Guard>(&*error) {
            return match guard {
                Guard::Forbidden => Self::Forbidden,
                Guard::Invalid(reason) => Self::Invalid(reason),
            };
        }
        match error.downcast_ref::<hyper_util::client::legacy::Error>() {
            Some(hyper) if hyper.is_connect() => Self::Unreachable(error),
            _ => Self::Broken(error),
        }
    }

    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable(source) => find::<rustls::Error>(&**source).is_none(),
            Self::Timeout(_) | Self::Broken(_) | Self::Rejected(_) => true,
            Self::Invalid(_) | Self::Forbidden | Self::TooLarge { .. } | Self::Redirect(_) => false,
        }
    }
}

impl From<ClientError> for OutgoingError {
    /// What can go wrong while a client is set up.
    fn from(error: ClientError) -> Self {
        Self::Unreachable(error.into())
    }
}

/// Why the connector made no connection. It travels inside other errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Guard {
    #[error("the name leads to an address that may not be called")]
    Forbidden,
    #[error("the address {0}")]
    Invalid(&'static str),
}

impl From<Guard> for OutgoingError {
    fn from(guard: Guard) -> Self {
        match guard {
            Guard::Forbidden => Self::Forbidden,
            Guard::Invalid(reason) => Self::Invalid(reason),
        }
    }
}
