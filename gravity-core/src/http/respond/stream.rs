//! [`StreamBody`]: an answer that is sent as it is made.

use bytes::Bytes;
use futures_util::Stream;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use serde_json::json;

use super::Respond;
use crate::http::Response;
use crate::http::body::{Body, BoxError};
use crate::http::openapi::Operation;
use crate::http::parts::Parts;

/// An answer that is sent as it is made: a slow reader slows the stream down, one that leaves drops it, and
/// an error ends the answer in a way that the client can tell from its proper end.
#[derive(Debug)]
pub struct StreamBody {
    media: HeaderValue,
    body: Body,
}

impl StreamBody {
    /// What the stream yields, of this media type.
    ///
    /// # Panics
    /// When the media type cannot stand in a header.
    pub fn new<S, E>(media: &'static str, stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        Self { media: HeaderValue::from_static(media), body: Body::from_stream(stream) }
    }
}

impl Respond for StreamBody {
    fn respond(self, _: &mut Parts) -> Response {
        let mut response = Response::new(self.body);
        response.headers_mut().insert(CONTENT_TYPE, self.media);
        response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.response(StatusCode::OK, "The answer, as it is made.", Some(("*/*", json!({}))));
    }
}
