//! HTTP/1: connections that live on, requests that queue, bodies in chunks.

use super::Probe;
use crate::testing::http::{Host, Raw};

/// Many requests use one connection, whatever came of them.
pub async fn keep_alive(host: &Host, _: &Probe) {
    let mut raw = Raw::connect(host).await;
    for _ in 0..50 {
        assert_eq!(raw.ask("GET", &host.path("/hello"), "").await.text(), "hello");
        assert_eq!(raw.ask("GET", &host.path("/nowhere"), "").await.status, 404);
        assert_eq!(raw.ask("HEAD", &host.path("/hello"), "").await.status, 200);
        assert_eq!(raw.ask("DELETE", &host.path("/things/1"), "").await.status, 204);
        assert_eq!(raw.ask("OPTIONS", &host.path("/things/1"), "").await.status, 204);
    }
    let answer = raw.ask("GET", &host.path("/hello"), "connection: close\r\n").await;
    assert_eq!(answer.text(), "hello");
    assert!(raw.is_closed().await, "the client asked for the end of the connection");
}

/// Requests that are sent without waiting are answered one after the other.
pub async fn pipelining(host: &Host, _: &Probe) {
    let mut raw = Raw::connect(host).await;
    let all: String = (0..40)
        .map(|number| match number % 3 {
            0 => format!("GET {} HTTP/1.1\r\nhost: test\r\n\r\n", host.path(&format!("/hello/{number}"))),
            1 => {
                let path = host.path("/echo");
                format!("POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: 8\r\n\r\nhello {number:02}")
            }
            _ => {
                let path = host.path("/small");
                format!("POST {path} HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n")
            }
        })
        .collect();
    raw.send(all).await;
    for number in 0..40 {
        let answer = raw.answer().await;
        let expected = match number % 3 {
            0 => format!("hello {number}"),
            1 => format!("hello {number:02}"),
            _ => "3".to_owned(),
        };
        assert_eq!(answer.text(), expected, "{answer:?}");
    }
}

/// HTTP/1.0 needs no host, and ends the connection unless it is asked not to.
pub async fn http_1_0(host: &Host, _: &Probe) {
    let path = host.path("/hello");
    let mut raw = Raw::connect(host).await;
    raw.send(format!("GET {path} HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")).await;
    assert_eq!(raw.answer().await.text(), "hello");
    raw.send(format!("GET {path} HTTP/1.0\r\n\r\n")).await;
    assert_eq!(raw.answer().await.text(), "hello");
    assert!(raw.is_closed().await);
    let mut raw = Raw::connect(host).await;
    raw.send(format!("GET {} HTTP/1.0\r\n\r\n", host.path("/bytes/100000"))).await;
    let answer = raw.answer().await;
    assert!(!answer.headers.contains_key("transfer-encoding"), "HTTP/1.0 knows no chunks");
    assert_eq!(answer.body.len(), 100_000);
}

/// A client that waits for leave to send its body gets it.
pub async fn expect_continue(host: &Host, _: &Probe) {
    let mut raw = Raw::connect(host).await;
    let path = host.path("/small");
    raw.send(format!(
        "POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n"
    ))
    .await;
    assert_eq!(raw.head().await.unwrap().0, 100);
    raw.send("hello").await;
    assert_eq!(raw.answer().await.text(), "5");
}

/// Chunks may have extensions, and trailers behind them; neither is part of the body.
pub async fn chunk_extensions_and_trailers(host: &Host, _: &Probe) {
    let mut raw = Raw::connect(host).await;
    let path = host.path("/echo");
    raw.send(format!("POST {path} HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n")).await;
    raw.send("5;name=value\r\nhello\r\n0\r\nx-checksum: 7\r\n\r\n").await;
    let answer = raw.answer().await;
    assert_eq!(answer.text(), "hello");
    assert!(!answer.headers.contains_key("x-checksum"));
    if answer.closes() {
        raw = Raw::connect(host).await;
    }
    assert_eq!(raw.ask("GET", &host.path("/hello"), "").await.text(), "hello");
}

/// A head may come byte by byte.
pub async fn dribbled_head(host: &Host, _: &Probe) {
    let mut raw = Raw::connect(host).await;
    for byte in format!("GET {} HTTP/1.1\r\nhost: test\r\n\r\n", host.path("/hello")).into_bytes() {
        raw.send([byte]).await;
    }
    assert_eq!(raw.answer().await.text(), "hello");
}

/// A panic is a 500 that says nothing of it, and the connection lives on.
pub async fn panics(host: &Host, _: &Probe) {
    let mut raw = Raw::connect(host).await;
    for _ in 0..3 {
        let answer = raw.ask("GET", &host.path("/panic"), "").await;
        assert_eq!((answer.status.as_u16(), &*answer.problem()), (500, "http.internal"));
        assert!(!answer.text().contains("secret"));
        assert_eq!(raw.ask("GET", &host.path("/hello"), "").await.text(), "hello");
    }
}
