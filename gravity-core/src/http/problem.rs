//! [`Problem`]: every error answer, in the form of RFC 9457.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use super::body::{Body, BoxError};
use super::request_id::RequestId;
use super::{Response, X_REQUEST_ID};
use crate::validate::{Fault, Faults};

/// A sort of error that clients can tell apart: its status, its stable code and its title.
///
/// Declared once as a constant; the OpenAPI document lists those that an operation can answer with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemKind {
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable code, `service.what`, such as `auth.invalid_credentials`.
    pub code: &'static str,
    /// One sentence that is the same for every problem of this kind.
    pub title: &'static str,
}

impl ProblemKind {
    /// A kind of problem.
    pub const fn new(status: StatusCode, code: &'static str, title: &'static str) -> Self {
        Self { status, code, title }
    }
}

/// An error that becomes an HTTP answer.
///
/// `KINDS` names every kind it can become, so that no answer is undocumented.
pub trait IntoProblem {
    /// What this error can become.
    const KINDS: &'static [ProblemKind];

    /// Whether its problems carry codes beside those of the kinds: then the document lists the codes
    /// of its kinds as examples, and not as all that there are.
    const MORE_CODES: bool = false;

    /// The answer. What the client may not know goes into [`Problem::because`].
    fn into_problem(self) -> Problem;
}

/// An error answer: `application/problem+json` for the client, and a cause for the log.
///
/// The two are kept apart: nothing given to [`Problem::because`] is ever sent. The request id in the
/// answer ties it to the log line.
pub struct Problem(Box<Inner>);

struct Inner {
    kind: ProblemKind,
    code: Cow<'static, str>,
    detail: Option<Cow<'static, str>>,
    faults: Vec<Fault>,
    headers: HeaderMap,
    cause: Option<BoxError>,
}

impl Problem {
    /// A problem of this kind, with no more to say.
    pub fn new(kind: ProblemKind) -> Self {
        Self(Box::new(Inner {
            kind,
            code: Cow::Borrowed(kind.code),
            detail: None,
            faults: Vec::new(),
            headers: HeaderMap::new(),
            cause: None,
        }))
    }

    /// Bad input: the faults, each with its pointer.
    pub fn invalid(faults: Faults) -> Self {
        let mut problem = Self::new(super::problems::INVALID);
        problem.0.faults = faults.into_iter().collect();
        problem
    }

    /// A code that tells more than that of the kind.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.0.code = code.into();
        self
    }

    /// Says what happened this time, to the client.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Adds faults of the input.
    #[must_use]
    pub fn faults(mut self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.0.faults.extend(faults);
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.append(name, value);
        self
    }

    /// Says when to try again, in whole seconds, rounded up.
    #[must_use]
    pub fn retry_after(self, delay: Duration) -> Self {
        let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Keeps the cause for the log. It is never sent.
    #[must_use]
    pub fn because(mut self, cause: impl Into<BoxError>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// What kind of problem this is.
    pub fn kind(&self) -> ProblemKind {
        self.0.kind
    }

    /// The code of this problem: that of its kind unless it was given one of its own.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.0.kind.status
    }

    /// The answer, and a log line where there is something to log: a cause, or a fault of ours. A request that
    /// has no id yet gets one, so that the two can be matched.
    pub(crate) fn render(self, id: impl Into<Option<RequestId>>) -> Response {
        let id = id.into().unwrap_or_else(RequestId::generate);
        let Inner { kind, code, detail, faults, headers, cause } = *self.0;
        log(kind.status, &code, detail.as_deref(), cause.as_deref(), &id);
        let document = Document {
            r#type: kind_uri(&code),
            title: kind.title,
            status: kind.status.as_u16(),
            detail: detail.as_deref(),
            code: &code,
            request_id: id.as_str(),
            errors: &faults,
        };
        // A document of strings and numbers always serialises; an empty body would still carry the status.
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = http::Response::new(Body::from(body));
        *response.status_mut() = kind.status;
        *response.headers_mut() = headers;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        // An error is about this request at this moment; a cache must not keep it for others.
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        headers.insert(X_REQUEST_ID, id.header());
        response
    }
}

/// The URI that names what a code stands for.
pub(crate) fn kind_uri(code: &str) -> String {
    format!("urn:gravity:{code}")
}

fn log(
    status: StatusCode,
    code: &str,
    detail: Option<&str>,
    cause: Option<&(dyn std::error::Error + Send + Sync)>,
    id: &RequestId,
) {
    let cause = cause.map(Chain);
    let cause = cause.as_ref().map(tracing::field::display);
    if status.is_server_error() {
        tracing::error!(request_id = id.as_str(), code, detail, cause, "request failed");
    } else if cause.is_some() {
        tracing::info!(request_id = id.as_str(), code, detail, cause, "request refused");
    }
}

/// An error with its sources, on one line.
struct Chain<'a>(&'a (dyn std::error::Error + Send + Sync));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    code: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Fault],
}

impl IntoProblem for Problem {
    const KINDS: &'static [ProblemKind] = &[];

    fn into_problem(self) -> Problem {
        self
    }
}

impl From<ProblemKind> for Problem {
    fn from(kind: ProblemKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("status", &self.0.kind.status.as_u16())
            .field("code", &self.0.code)
            .field("detail", &self.0.detail)
            .field("faults", &self.0.faults)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.detail.as_deref().unwrap_or(self.0.kind.title))
    }
}

impl std::error::Error for Problem {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as _)
    }
}
