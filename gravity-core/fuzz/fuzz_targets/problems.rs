//! Answers as the client reads them: whatever a server says, the call ends in its value or an error that can be shown.
#![no_main]

use std::cell::RefCell;

use arbitrary::Arbitrary;
use gravity_core::http::client::{Client, ClientConfig, ClientError};
use gravity_core::http::{Body, PUBLIC, Response, Routes, get};
use gravity_core_fuzz::run;
use http::{HeaderName, HeaderValue, StatusCode};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const NAMES: [&str; 5] = ["content-type", "retry-after", "x-request-id", "location", "content-encoding"];

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    status: u16,
    headers: Vec<(u8, &'a [u8])>,
    body: &'a [u8],
}

thread_local! {
    static ANSWER: RefCell<Option<Response>> = const { RefCell::new(None) };
    static CLIENT: Client = {
        let routes = Routes::new().route(get("/", "answer").allow(PUBLIC).to(answer));
        ClientConfig::new().with_retries(0).with_max_response(1 << 16).in_process(routes).unwrap()
    };
}

async fn answer() -> Response {
    ANSWER.take().unwrap_or_default()
}

fuzz_target!(|input: Input<'_>| {
    let status = StatusCode::from_u16(200 + input.status % 400).unwrap();
    let mut response = Response::new(Body::from(input.body.to_vec()));
    *response.status_mut() = status;
    for (name, value) in &input.headers {
        let name = HeaderName::from_static(NAMES[usize::from(*name) % NAMES.len()]);
        if let Ok(value) = HeaderValue::from_bytes(value) {
            response.headers_mut().append(name, value);
        }
    }
    ANSWER.set(Some(response));
    let result = run(CLIENT.with(Clone::clone).get("/").send::<Value>());
    match &result {
        Ok(value) => {
            assert!(status.is_success());
            assert_eq!(serde_json::from_slice::<Value>(input.body).unwrap(), *value);
        }
        Err(ClientError::Problem(problem)) => {
            assert_eq!(problem.status(), status);
            let code = |code: &str| code.len() <= 128 && code.bytes().all(|byte| byte.is_ascii_graphic());
            assert!(problem.code().is_none_or(code));
            let id = problem.request_id().map(|id| id.as_str());
            assert!(id.is_none_or(
                |id| (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
            ));
            let faults = problem.errors().count();
            assert!(problem.document()["errors"].as_array().map_or(0, Vec::len) >= faults);
            let _ = (problem.title(), problem.detail(), problem.retry_after());
        }
        Err(error) => {
            assert!(matches!(error, ClientError::Decode(_) | ClientError::TooLarge { .. }), "{error:?}")
        }
    }
    if let Err(error) = result {
        let shown = format!("{error} {error:?}");
        assert!(!shown.chars().any(char::is_control), "{shown:?}");
    }
});
