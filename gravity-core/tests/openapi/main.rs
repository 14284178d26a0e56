//! The OpenAPI document and its page.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod document;
mod page;
mod schemas;
mod snapshot;

use gravity_core::http::{Body, OpenApi, Routes};
use http::{HeaderMap, Request, StatusCode};
use serde_json::Value;

/// The document of some routes.
fn document<S>(routes: &Routes<S>) -> Value {
    OpenApi::new("Test", "1").document(routes).into_value()
}

/// Asks for an address with some headers.
async fn ask(routes: &Routes, uri: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, String) {
    let mut request = Request::get(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (head, body) = routes.handle(request.body(Body::empty()).unwrap()).await.unwrap().into_parts();
    let body = body.into_bytes(1 << 20).await.unwrap();
    (head.status, head.headers, String::from_utf8(body.to_vec()).unwrap())
}
