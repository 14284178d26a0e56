//! Answers without a shape of their own: nothing, text, bytes, a response made by hand.

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde_json::json;

use super::Respond;
use crate::http::Response;
use crate::http::body::Body;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;

const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";

/// Done, and nothing to say: 204.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NoContent;

impl Respond for NoContent {
    fn respond(self, _: &mut Parts) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        response
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.response(StatusCode::NO_CONTENT, "Done.", None);
    }
}

impl Respond for () {
    fn respond(self, parts: &mut Parts) -> Response {
        NoContent.respond(parts)
    }

    fn describe(operation: &mut Operation<'_>) {
        NoContent::describe(operation);
    }
}

fn typed(body: Body, media: &'static str) -> Response {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    response
}

macro_rules! plain {
    ($($type:ty = $media:expr, $schema:expr;)*) => {$(
        impl Respond for $type {
            const MEDIA: &'static [&'static str] = &[$media];

            fn respond(self, _: &mut Parts) -> Response {
                typed(self.into(), $media)
            }

            fn describe(operation: &mut Operation<'_>) {
                operation.response(StatusCode::OK, "The answer.", Some(($media, $schema)));
            }
        }
    )*};
}

plain! {
    &'static str = TEXT, json!({ "type": "string" });
    String = TEXT, json!({ "type": "string" });
    Bytes = BYTES, json!({});
    Vec<u8> = BYTES, json!({});
}

/// A response made by hand. It says nothing of itself in the OpenAPI document: the route has to.
impl Respond for Response {
    fn respond(self, _: &mut Parts) -> Response {
        self
    }

    fn describe(_: &mut Operation<'_>) {}
}
