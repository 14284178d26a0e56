//! [`Error`]: what a service tells its caller when it cannot do what was asked.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::validate::Faults;

/// What kind of failure an [`Error`] is; it decides the HTTP status and who is to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request makes no sense as it stands.
    BadRequest,
    /// Nobody has shown who calls, or not well enough.
    Unauthorized,
    /// It is known who calls, and they may not do this.
    Forbidden,
    /// There is no such thing, or none that the caller may know of.
    NotFound,
    /// It does not fit the state of things: taken, changed meanwhile, already done.
    Conflict,
    /// The input is readable and breaks the rules; the faults say where and how.
    Validation,
    /// The service cannot answer at the moment.
    Unavailable,
    /// The database failed.
    Database,
    /// A service of somebody else failed.
    External,
    /// A fault of our own.
    Internal,
}

/// What a service tells its caller when it cannot do what was asked.
///
/// It keeps apart what the client may know ([`code`](Self::code), [`message`](Self::message),
/// [`faults`](Self::faults)) and what only the log may: the [`source`](StdError::source), kept whole.
/// Codes are stable, and named `service.what_happened`; clients decide by them, people read messages.
///
/// ```
/// use gravity_core::{Error, ErrorKind};
///
/// let error = Error::not_found("note.not_found", "There is no such note.");
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// assert_eq!(error.to_string(), "note.not_found: There is no such note.");
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    code: Cow<'static, str>,
    message: Cow<'static, str>,
    faults: Faults,
    retryable: bool,
    retry_after: Option<Duration>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

type Text = Cow<'static, str>;

impl Error {
    fn new(kind: ErrorKind, code: impl Into<Text>, message: impl Into<Text>) -> Self {
        Self(Box::new(Inner {
            kind,
            code: code.into(),
            message: message.into(),
            faults: Faults::new(),
            retryable: false,
            retry_after: None,
            source: None,
        }))
    }

    /// The request makes no sense as it stands.
    pub fn bad_request(code: impl Into<Text>, message: impl Into<Text>) -> Self {
        Self::new(ErrorKind::BadRequest, code, message)
    }

    /// Nobody has shown who calls, or not well enough.
    pub fn unauthorized(code: impl Into<Text>, message: impl Into<Text>) -> Self {
        Self::new(ErrorKind::Unauthorized, code, message)
    }

    /// It is known who calls, and they may not do this.
    pub fn forbidden(code: impl Into<Text>, message: impl Into<Text>) -> Self {
        Self::new(ErrorKind::Forbidden, code, message)
    }

    /// There is no such thing, or none that the caller may know of.
    pub fn not_found(code: impl Into<Text>, message: impl Into<Text>) -> Self {
        Self::new(ErrorKind::NotFound, code, message)
    }

    /// It does not fit the state of things: taken, changed meanwhile, already done.
    pub fn conflict(code: impl Into<Text>, message: impl Into<Text>) -> Self {
        Self::new(ErrorKind::Conflict, code, message)
    }

    /// The input is readable and breaks the rules. The code is `validation`.
    pub fn validation(faults: Faults) -> Self {
        let mut error =
            Self::new(ErrorKind::Validation, "validation", "The input breaks the rules; see the faults.");
        error.0.faults = faults;
        error
    }

    /// The service cannot answer at the moment; trying again may help.
    pub fn unavailable(code: impl Into<Text>, message: impl Into<Text>) -> Self {
        Self::new(ErrorKind::Unavailable, code, message).retryable(true)
    }

    /// The database failed. The code is `database`, and the client learns no more than that.
    pub fn database(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(ErrorKind::Database, "database", "The service could not reach or change its data.")
            .with_source(source)
    }

    /// A service of somebody else failed; the code says which.
    pub fn external(code: impl Into<Text>, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(ErrorKind::External, code, "A service that this one needs has failed.").with_source(source)
    }

    /// A fault of our own. The code is `internal`, and the client learns no more than that.
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(ErrorKind::Internal, "internal", "Something went wrong inside the service.")
            .with_source(source)
    }

    /// The same for another who waited for the same thing.
    pub(crate) fn shared(error: &Arc<Self>) -> Self {
        let inner = &error.0;
        let mut same = Self::new(inner.kind, inner.code.clone(), inner.message.clone());
        same.0.faults = inner.faults.clone();
        same.0.retryable = inner.retryable;
        same.0.retry_after = inner.retry_after;
        same.with_source(error.clone())
    }

    /// Keeps what caused it, for the log.
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Says whether the same call may succeed when it is made again.
    pub fn retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = retryable;
        self
    }

    /// Says that the same call may succeed when it is made again after a while.
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retryable = true;
        self.0.retry_after = Some(wait);
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What happened, for programs: stable, such as `note.not_found`.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// What happened, for people: fit for the client to read.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What is wrong with the input; empty but for [`ErrorKind::Validation`].
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// Whether the same call may succeed when it is made again.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// How long to wait before making the same call again.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("code", &self.0.code)
            .field("message", &self.0.message)
            .field("faults", &self.0.faults)
            .field("retryable", &self.0.retryable)
            .field("retry_after", &self.0.retry_after)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

impl From<Faults> for Error {
    fn from(faults: Faults) -> Self {
        Self::validation(faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_stays_whole_and_out_of_what_the_client_reads() {
        let cause = std::io::Error::other("password of db: hunter2");
        let error = Error::database(cause);
        assert!(!error.to_string().contains("hunter2"));
        assert!(!error.message().contains("hunter2"));
        let source = error.source().unwrap();
        assert!(source.downcast_ref::<std::io::Error>().is_some());
    }

    #[test]
    fn only_what_may_pass_is_retryable() {
        assert!(Error::unavailable("a.b", "Later.").is_retryable());
        assert!(!Error::conflict("a.b", "Taken.").is_retryable());
        let error = Error::conflict("a.b", "Busy.").with_retry_after(Duration::from_secs(2));
        assert!(error.is_retryable());
        assert_eq!(error.retry_after(), Some(Duration::from_secs(2)));
    }

    #[test]
    fn faults_become_a_validation_error() {
        let mut faults = Faults::new();
        faults.check(false, "/name", "too_short", "must not be empty");
        let error = Error::from(faults);
        assert_eq!(error.kind(), ErrorKind::Validation);
        assert_eq!(error.faults().len(), 1);
    }
}
