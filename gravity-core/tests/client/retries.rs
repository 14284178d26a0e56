//! What is tried again, how often and after how long: on a clock that the test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use gravity_core::http::client::{Client, ClientConfig, ClientError, Transport};
use gravity_core::http::{Body, Response};
use http::Method;
use tokio::time::Instant;

use crate::serve::service;

/// A client of a service that gives this answer to the first calls, and "done" to the rest.
fn failing(first: usize, status: u16, retry_after: Option<&'static str>) -> (Client, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let answering = service(move |request: http::Request<Body>| {
        let fails = count.fetch_add(1, Ordering::SeqCst) < first;
        async move {
            let body = request.into_body().into_bytes(1024).await.unwrap();
            assert!(matches!(&*body, b"" | b"\"same\"" | b"streamed"), "each try carries the body");
            let mut response = Response::new(Body::from("\"done\""));
            if fails {
                *response.status_mut() = status.try_into().unwrap();
                if let Some(after) = retry_after {
                    response.headers_mut().insert("retry-after", after.parse().unwrap());
                }
            }
            response
        }
    });
    (ClientConfig::new().with_timeout(Duration::from_mins(1)).over(answering).unwrap(), calls)
}

#[tokio::test(start_paused = true)]
async fn only_what_is_safe_is_tried_again() {
    let safe = [Method::GET, Method::HEAD, Method::OPTIONS, Method::PUT, Method::DELETE];
    for status in [429, 502, 503, 504] {
        for method in &safe {
            let (client, calls) = failing(2, status, None);
            assert!(client.call(method.clone(), "/").send_empty().await.is_ok(), "{method} {status}");
            assert_eq!(calls.load(Ordering::SeqCst), 3);
        }
        for method in [Method::POST, Method::PATCH] {
            let (client, calls) = failing(2, status, None);
            let error = client.call(method.clone(), "/").json(&"same").send_empty().await.unwrap_err();
            assert_eq!((error.status().unwrap().as_u16(), calls.load(Ordering::SeqCst)), (status, 1));
            assert!(error.is_retryable());
            let (client, calls) = failing(2, status, None);
            client.call(method, "/").json(&"same").idempotency_key("k").send_empty().await.unwrap();
            assert_eq!(calls.load(Ordering::SeqCst), 3);
        }
    }
    for status in [400, 401, 404, 409, 422, 500, 501] {
        let (client, calls) = failing(2, status, None);
        let error = client.get("/").send_empty().await.unwrap_err();
        assert_eq!((error.is_retryable(), calls.load(Ordering::SeqCst)), (false, 1), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_sent_once() {
    let (client, calls) = failing(2, 503, None);
    let body = Body::from_stream(stream::iter([Ok::<_, std::io::Error>(Bytes::from("streamed"))]));
    assert!(client.put("/").body(body).send_empty().await.is_err());
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn the_number_of_tries_and_the_waits_are_bounded() {
    for _ in 0..20 {
        let (client, calls) = failing(usize::MAX, 503, None);
        let before = Instant::now();
        assert_eq!(client.get("/").send_empty().await.unwrap_err().status().unwrap(), 503);
        assert_eq!(calls.load(Ordering::SeqCst), 3);
        // A hundred milliseconds, then two hundred, and the grain of the timer.
        assert!(before.elapsed() <= Duration::from_millis(305), "{:?}", before.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_kept_to_or_the_call_ends() {
    let (client, calls) = failing(1, 503, Some("7"));
    let before = Instant::now();
    client.get("/").send_empty().await.unwrap();
    let waited = before.elapsed();
    assert!(waited >= Duration::from_secs(7) && waited < Duration::from_millis(7200), "{waited:?}");
    assert_eq!(calls.load(Ordering::SeqCst), 2);

    // Longer than any call should wait, and longer than this call has.
    for (after, timeout) in [("3600", 7200), ("7", 5)] {
        let (client, calls) = failing(1, 429, Some(after));
        let before = Instant::now();
        let error = client.get("/").timeout(Duration::from_secs(timeout)).send_empty().await.unwrap_err();
        assert_eq!(error.retry_after(), Some(Duration::from_secs(after.parse().unwrap())));
        assert_eq!((calls.load(Ordering::SeqCst), before.elapsed()), (1, Duration::ZERO));
    }
}

#[tokio::test(start_paused = true)]
async fn one_deadline_covers_all_tries() {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let slow = service(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            http::Response::builder().status(503).body(Body::empty()).unwrap()
        }
    });
    let before = Instant::now();
    let client = ClientConfig::new().with_retries(9).over(slow).unwrap();
    let error = client.get("/").send_empty().await.unwrap_err();
    assert!(matches!(error, ClientError::Timeout(_)), "{error:?}");
    assert_eq!((calls.load(Ordering::SeqCst), before.elapsed().as_secs()), (3, 5));
}

#[tokio::test(start_paused = true)]
async fn retries_stop_when_their_budget_is_spent() {
    let (client, calls) = failing(usize::MAX, 503, None);
    for _ in 0..500 {
        // Clones share the budget.
        assert!(client.clone().get("/").send_empty().await.is_err());
    }
    let retries = calls.load(Ordering::SeqCst) - 500;
    assert!((50..=60).contains(&retries), "{retries}");
}

#[tokio::test(start_paused = true)]
async fn retries_can_be_turned_off() {
    let client = ClientConfig::new()
        .with_retries(0)
        .over(service(async |_| http::Response::builder().status(503).body(Body::empty()).unwrap()))
        .unwrap();
    let before = Instant::now();
    assert!(client.get("/").send_empty().await.is_err());
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_layer_sees_every_try() {
    let (_, calls) = failing(0, 200, None);
    let count = Arc::clone(&calls);
    let layer = tower::layer::layer_fn(move |inner: Transport| {
        let count = Arc::clone(&count);
        tower::util::MapRequest::new(inner, move |mut request: http::Request<Body>| {
            count.fetch_add(1, Ordering::SeqCst);
            request.headers_mut().insert("x-signature", "signed".parse().unwrap());
            request
        })
    });
    let answering = service(async |request: http::Request<Body>| {
        let signed = request.headers().contains_key("x-signature");
        http::Response::builder().status(if signed { 503 } else { 500 }).body(Body::empty()).unwrap()
    });
    let client = ClientConfig::new().with_layer(layer).over(answering).unwrap();
    assert_eq!(client.get("/").send_empty().await.unwrap_err().status().unwrap(), 503);
    assert_eq!(calls.load(Ordering::SeqCst), 3);
}
