//! The body as an argument: whole, or piece by piece.

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http_body::Body as _;
use serde_json::json;

use super::FromRequest;
use super::limited::{Limited, Stalled, TooLarge};
use crate::http::body::{self, Body, CollectError};
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::problems;

const BYTES: &str = "application/octet-stream";

/// What a route that reads a body can answer with.
pub(crate) const UNREADABLE: &[ProblemKind] =
    &[problems::BAD_BODY, problems::REQUEST_TIMEOUT, problems::BODY_TOO_LARGE];

/// Reads a whole body within the route's limits.
pub(crate) async fn collect(parts: &Parts, body: Body) -> Result<Bytes, Problem> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let limits = parts.limits();
    body::collect(Limited::new(body, limits), limits.body).await.map_err(unread)
}

/// Whether a body is packed in a way that nobody here unpacks.
pub(crate) fn is_encoded(headers: &http::HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// What a body that cannot be read is answered with.
pub(crate) fn unread(error: CollectError) -> Problem {
    match error {
        CollectError::Broken(error) if error.is::<Stalled>() => Problem::new(problems::REQUEST_TIMEOUT),
        CollectError::Broken(error) if !error.is::<TooLarge>() => {
            Problem::new(problems::BAD_BODY).because(error)
        }
        CollectError::Broken(_) | CollectError::TooLarge => Problem::new(problems::BODY_TOO_LARGE),
    }
}

/// The whole body as it came.
impl<S: Sync> FromRequest<S> for Bytes {
    async fn from_request(parts: &mut Parts, body: Body, _: &S) -> Result<Self, Problem> {
        collect(parts, body).await
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.request_body(false, BYTES, json!({}));
        operation.problems(UNREADABLE);
    }
}

/// The whole body as text.
impl<S: Sync> FromRequest<S> for String {
    async fn from_request(parts: &mut Parts, body: Body, _: &S) -> Result<Self, Problem> {
        let refuse = |detail| Problem::new(problems::BAD_BODY).detail(detail);
        let text = Self::from_utf8(collect(parts, body).await?.into())
            .map_err(|_| refuse("The body is not UTF-8."))?;
        if text.contains('\0') { Err(refuse("The body holds the character U+0000.")) } else { Ok(text) }
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.request_body(false, "text/plain", json!({ "type": "string" }));
        operation.problems(UNREADABLE);
    }
}

/// The body piece by piece, within the route's limits: past them it ends with an error.
impl<S: Sync> FromRequest<S> for Body {
    async fn from_request(parts: &mut Parts, body: Body, _: &S) -> Result<Self, Problem> {
        let limits = parts.limits();
        if body.size_hint().lower() > limits.body {
            return Err(Problem::new(problems::BODY_TOO_LARGE));
        }
        Ok(if body.is_end_stream() { body } else { Self::new(Limited::new(body, limits)) })
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.request_body(false, BYTES, json!({}));
        operation.problems(UNREADABLE);
    }
}
