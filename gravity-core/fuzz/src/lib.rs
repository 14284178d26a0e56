//! What the fuzz targets share: a runtime whose clock never waits, and what every answer must keep to.

use std::future::Future;

use bytes::Bytes;
use gravity_core::http::{Body, Routes};
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
}

/// Runs to the end. Where nothing but time can pass, it passes at once.
pub fn run<F: Future>(future: F) -> F::Output {
    RUNTIME.with(|runtime| runtime.block_on(future))
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is UTF-8")
    }
}

/// Asks the routes, and checks what holds for every answer of handlers that do not fail.
pub fn ask(routes: &Routes, request: Request<Body>) -> Answer {
    let method = request.method().clone();
    run(async {
        let Ok(response) = routes.handle(request).await;
        let (head, body) = response.into_parts();
        let body = body.into_bytes(u64::MAX).await.expect("the body comes to its end");
        let answer = Answer { status: head.status, headers: head.headers, body };
        check(&method, &answer);
        answer
    })
}

/// No fault of ours; every refusal is a problem document that agrees with its head.
fn check(method: &Method, answer: &Answer) {
    assert!(!answer.status.is_server_error(), "{answer:?}");
    if *method == Method::HEAD || answer.status == StatusCode::NOT_MODIFIED {
        assert!(answer.body.is_empty(), "{answer:?}");
    } else if answer.status.is_client_error() {
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        let document = answer.json();
        assert_eq!(document["status"], answer.status.as_u16());
        assert_eq!(document["request_id"].as_str(), answer.headers["x-request-id"].to_str().ok());
        assert!(["type", "title", "code"].iter().all(|name| document[name].is_string()), "{document}");
        let errors = document.get("errors").map_or(&[][..], |errors| errors.as_array().unwrap());
        assert!(answer.status != StatusCode::UNPROCESSABLE_ENTITY || !errors.is_empty(), "{document}");
        for error in errors {
            let pointer = error["pointer"].as_str().unwrap();
            assert!(pointer.is_empty() || pointer.starts_with('/'), "{document}");
        }
    }
}

/// How deep arrays and objects stand within each other.
pub fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Whether a pointer of a fault leads to something in the document, or to a member it should have.
pub fn leads_somewhere(document: &Value, pointer: &str) -> bool {
    document.pointer(pointer).is_some()
        || pointer
            .rsplit_once('/')
            .is_some_and(|(parent, _)| document.pointer(parent).is_some_and(Value::is_object))
}
