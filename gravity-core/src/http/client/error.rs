//! [`ClientError`]: why a call did not bring its answer.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::StatusCode;

use super::problem::RemoteProblem;
use crate::http::body::BoxError;
use crate::resilience::{Rejected, is_passing};

/// Why a call did not bring its answer.
///
/// Neither `Debug` nor `Display` shows a credential or anything of a body.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The service answered with an error, or with a status that the call has no use for.
    #[error("{0}")]
    Problem(Box<RemoteProblem>),
    /// The call's time was over. The service may have done what it was asked, or not.
    #[error("the call took longer than {0:?}")]
    Timeout(Duration),
    /// The service could not be reached, or not be trusted: nothing was sent.
    #[error("the service cannot be reached")]
    Connect(#[source] BoxError),
    /// The connection failed in the middle, or a body that was to be streamed did.
    #[error("the connection to the service broke")]
    Io(#[source] BoxError),
    /// The answer is not what the caller takes it for.
    #[error("{0}")]
    Decode(DecodeError),
    /// The answer is larger than the client takes.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit that it passed.
        limit: u64,
    },
    /// A layer of the client did not make the call: a circuit breaker is open, or a bulkhead full.
    #[error("{0}")]
    Rejected(Rejected),
    /// The call, or the client's configuration, is not valid: nothing was sent.
    #[error("{0}")]
    Invalid(String),
}

impl ClientError {
    /// The status that the service answered with, when that is the error.
    pub fn status(&self) -> Option<StatusCode> {
        self.problem().map(RemoteProblem::status)
    }

    /// The stable code of the service's problem.
    pub fn code(&self) -> Option<&str> {
        self.problem()?.code()
    }

    /// The service's problem, whole.
    pub fn problem(&self) -> Option<&RemoteProblem> {
        match self {
            Self::Problem(problem) => Some(problem),
            _ => None,
        }
    }

    /// How long the service, or the layer that did not call it, asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Rejected(rejected) => Some(rejected.retry_after()),
            _ => self.problem()?.retry_after(),
        }
    }

    /// Whether the same call may succeed later. It says nothing of whether it is safe to repeat.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Problem(problem) => is_passing(problem.status()),
            Self::Timeout(_) | Self::Rejected(_) => true,
            // A certificate does not become valid by asking again.
            Self::Connect(source) => find::<rustls::Error>(&**source).is_none(),
            // A server that does not speak HTTP will not have learned it by the next try.
            Self::Io(source) => !find::<hyper::Error>(&**source).is_some_and(hyper::Error::is_parse),
            Self::Decode(_) | Self::TooLarge { .. } | Self::Invalid(_) => false,
        }
    }

    /// An error of the transport, before an answer came.
    pub(super) fn transport(error: BoxError) -> Self {
        let error = match error.downcast::<Rejected>() {
            Ok(rejected) => return Self::Rejected(*rejected),
            Err(error) => error,
        };
        match error.downcast::<Self>() {
            Ok(own) => *own,
            Err(error) => match error.downcast_ref::<hyper_util::client::legacy::Error>() {
                Some(hyper) if hyper.is_connect() => Self::Connect(error),
                _ => Self::Io(error),
            },
        }
    }
}

/// The first error of this type in a chain of causes.
pub(crate) fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    // An I/O error that wraps another names that one's source as its own, and leaves it out.
    if let Some(wrapped) = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        return find(wrapped);
    }
    find(error.source()?)
}

/// Where an answer stopped being what the caller takes it for. It holds nothing of the answer but
/// the names of members on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    pub(super) path: String,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) reason: &'static str,
}

impl DecodeError {
    /// The path to the member, such as `items[3].price`; `.` for the whole.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The line in the answer, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column in the line, from 1.
    pub fn column(&self) -> usize {
        self.column
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, column, reason } = self;
        write!(f, "the answer {reason} at {path:?} (line {line}, column {column})")
    }
}

impl StdError for DecodeError {}
