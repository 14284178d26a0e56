//! Requests that are refused: every refusal is a problem document where the routes see the request.

use super::Probe;
use crate::testing::http::{Host, Kind, Raw};

/// The longest address is taken, one byte more is 414.
pub async fn long_addresses(host: &Host, _: &Probe) {
    let mut raw = Raw::connect(host).await;
    // The limit is on what the routes see: under a prefix the client may send that much more.
    let inner = |size: usize| format!("/query?q={}", "x".repeat(size - "/query?q=".len()));
    let prefix = if host.kind() == Kind::Hyper { host.path("").len() } else { 0 };
    let answer = raw.ask("GET", &host.path(&inner(8192 - prefix)), "").await;
    assert_eq!(answer.status, 200);
    let answer = raw.ask("GET", &host.path(&inner(8193 - prefix)), "").await;
    assert_eq!((answer.status.as_u16(), &*answer.problem()), (414, "http.uri_too_long"));
    assert_eq!(raw.ask("GET", &host.path("/hello"), "").await.text(), "hello");
}

/// Headers past their limit are 431, one by one or together.
pub async fn large_heads(host: &Host, _: &Probe) {
    let mut raw = Raw::connect(host).await;
    let path = host.path("/hello");
    assert_eq!(raw.ask("GET", &path, &format!("x-a: {}\r\n", "x".repeat(16_000))).await.text(), "hello");
    let answer = raw.ask("GET", &path, &format!("x-a: {}\r\n", "x".repeat(16 * 1024))).await;
    assert_eq!((answer.status.as_u16(), &*answer.problem()), (431, "http.headers_too_large"));
    let many: String = (0..80).map(|number| format!("x-{number}: value\r\n")).collect();
    assert_eq!(raw.ask("GET", &path, &many).await.text(), "hello");
    let many: String = (0..80).map(|number| format!("x-{number}: {}\r\n", "x".repeat(300))).collect();
    assert_eq!(raw.ask("GET", &path, &many).await.problem(), "http.headers_too_large");
    // More of them than the host's parser takes: it says so itself, or closes the connection.
    let many: String = (0..5000).map(|number| format!("x-{number}: value\r\n")).collect();
    let mut raw = Raw::connect(host).await;
    if raw.try_send(format!("GET {path} HTTP/1.1\r\nhost: test\r\n{many}\r\n")).await.is_ok()
        && let Some((status, _)) = raw.head().await
    {
        assert!(matches!(status.as_u16(), 400 | 431), "{status}");
    }
    assert_eq!(Raw::connect(host).await.ask("GET", &path, "").await.text(), "hello");
}

/// The wrong media type is 415, and an answer that nobody accepts is 406.
pub async fn media_types(host: &Host, _: &Probe) {
    let mut raw = Raw::connect(host).await;
    let path = host.path("/things");
    raw.send(format!(
        "POST {path} HTTP/1.1\r\nhost: test\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\n{{}}"
    ))
    .await;
    assert_eq!(raw.answer().await.problem(), "http.unsupported_media_type");
    let mut raw = Raw::connect(host).await;
    let answer = raw.ask("GET", &host.path("/things/1"), "accept: image/png\r\n").await;
    assert_eq!((answer.status.as_u16(), &*answer.problem()), (406, "http.not_acceptable"));
}

/// A route that speaks another protocol says so to those who do not ask for it.
pub async fn upgrade_required(host: &Host, _: &Probe) {
    let mut raw = Raw::connect(host).await;
    assert_eq!(raw.ask("GET", &host.path("/upgrade"), "").await.problem(), "http.upgrade_required");
}
