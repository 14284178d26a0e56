//! [`Html`]: a page.

use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use serde_json::json;

use super::Respond;
use crate::http::Response;
use crate::http::body::Body;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;

const HTML: &str = "text/html; charset=utf-8";

/// What a page may do where nothing else is said: show styles and pictures of its own, and send forms home.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'",
);

/// A page. What it may do is held down by a Content Security Policy: no scripts, nothing from elsewhere, no
/// frame around it, unless another policy is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Html {
    page: String,
    policy: HeaderValue,
}

impl Html {
    /// This page. Whatever of it came from people must have been escaped.
    pub fn new(page: impl Into<String>) -> Self {
        Self { page: page.into(), policy: POLICY }
    }

    /// What it may do instead.
    #[must_use]
    pub fn policy(mut self, policy: HeaderValue) -> Self {
        self.policy = policy;
        self
    }
}

impl Respond for Html {
    const MEDIA: &'static [&'static str] = &[HTML];

    fn respond(self, _: &mut Parts) -> Response {
        let mut response = Response::new(Body::from(self.page));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(HTML));
        headers.insert(CONTENT_SECURITY_POLICY, self.policy);
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.response(StatusCode::OK, "The page.", Some((HTML, json!({ "type": "string" }))));
    }
}
