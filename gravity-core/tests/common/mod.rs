//! Calls routes in process.
#![allow(dead_code, reason = "no test file uses all of it")]

use gravity_core::http::{Body, Response, Routes};
use http::request::Builder;
use http::{HeaderMap, Request};
use serde_json::Value;

/// An answer that was read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The pointers of a problem's faults.
    pub(crate) fn pointers(&self) -> Vec<String> {
        let errors = self.json()["errors"].clone();
        let text = |fault: &Value| fault["pointer"].as_str().unwrap().to_owned();
        errors.as_array().into_iter().flatten().map(text).collect()
    }
}

pub(crate) async fn open(routes: &Routes, request: Request<Body>) -> Response {
    routes.handle(request).await.unwrap()
}

pub(crate) async fn call(routes: &Routes, request: Request<Body>) -> Answer {
    let (head, body) = open(routes, request).await.into_parts();
    let body = body.into_bytes(1 << 30).await.unwrap().to_vec();
    Answer { status: head.status.as_u16(), headers: head.headers, body }
}

/// A request with nothing in it.
pub(crate) fn empty(builder: Builder) -> Request<Body> {
    builder.body(Body::empty()).unwrap()
}

pub(crate) fn form(uri: &str, body: &str) -> Request<Body> {
    Request::post(uri)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body.to_owned()))
        .unwrap()
}

/// One route, `GET /`.
#[macro_export]
macro_rules! at_root {
    ($handler:expr) => {
        gravity_core::http::Routes::<()>::new()
            .route(gravity_core::http::get("/", "root").allow(gravity_core::http::PUBLIC).to($handler))
    };
}

/// One route, `POST /`.
#[macro_export]
macro_rules! post_root {
    ($handler:expr) => {
        gravity_core::http::Routes::<()>::new()
            .route(gravity_core::http::post("/", "root").allow(gravity_core::http::PUBLIC).to($handler))
    };
}
