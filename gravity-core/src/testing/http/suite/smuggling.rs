//! Requests that two servers could understand in two ways: refused, and nothing behind them is heard.

use super::Probe;
use crate::testing::http::{Host, Kind, Raw};

/// Heads that are refused everywhere.
const BROKEN: &[(&str, &str)] = &[
    ("no host", "GET PATH HTTP/1.1\r\n\r\n"),
    ("two hosts", "GET PATH HTTP/1.1\r\nhost: one\r\nhost: two\r\n\r\n"),
    ("the same host twice", "GET PATH HTTP/1.1\r\nhost: one\r\nhost: one\r\n\r\n"),
    (
        "two lengths",
        "POST PATH HTTP/1.1\r\nhost: test\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n12345",
    ),
    ("a length that is none", "POST PATH HTTP/1.1\r\nhost: test\r\ncontent-length: 5x\r\n\r\n12345"),
    ("a negative length", "POST PATH HTTP/1.1\r\nhost: test\r\ncontent-length: -5\r\n\r\n12345"),
    ("a length with a sign", "POST PATH HTTP/1.1\r\nhost: test\r\ncontent-length: +5\r\n\r\n12345"),
    (
        "an encoding that is not chunked",
        "POST PATH HTTP/1.1\r\nhost: test\r\ntransfer-encoding: gzip\r\n\r\n",
    ),
    ("chunked and not last", "POST PATH HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked, gzip\r\n\r\n"),
    ("a space before the colon", "POST PATH HTTP/1.1\r\nhost: test\r\ncontent-length : 5\r\n\r\n12345"),
    ("a folded header", "GET PATH HTTP/1.1\r\nhost: test\r\nx-a: one\r\n two\r\n\r\n"),
    ("a zero byte in a header", "GET PATH HTTP/1.1\r\nhost: test\r\nx-a: a\0b\r\n\r\n"),
    ("a control byte in a header", "GET PATH HTTP/1.1\r\nhost: test\r\nx-a: a\x07b\r\n\r\n"),
    ("a carriage return in a header", "GET PATH HTTP/1.1\r\nhost: test\r\nx-a: a\rb\r\n\r\n"),
    ("a control byte in a name", "GET PATH HTTP/1.1\r\nhost: test\r\nx\x01a: b\r\n\r\n"),
    ("a control byte in the path", "GET PATH\x01 HTTP/1.1\r\nhost: test\r\n\r\n"),
    ("a space in the path", "GET PATH x HTTP/1.1\r\nhost: test\r\n\r\n"),
    ("no method", " PATH HTTP/1.1\r\nhost: test\r\n\r\n"),
    ("no HTTP", "hello\r\n\r\n"),
    ("chunks in HTTP/1.0", "POST PATH HTTP/1.0\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
];

/// What breaks the rules is answered with 400.
pub async fn broken_heads(host: &Host, _: &Probe) {
    for (what, request) in BROKEN {
        let mut raw = Raw::connect(host).await;
        raw.send(request.replace("PATH", &host.path("/small"))).await;
        let status = raw.head().await.map(|(status, _)| status.as_u16());
        assert!(status == Some(400) || (status.is_none() && *what == "no HTTP"), "{what}: {status:?}");
    }
}

/// What the routes refuse, and not the host's parser, is a problem document.
pub async fn refusals_are_problems(host: &Host, _: &Probe) {
    if host.kind() == Kind::Actix {
        return;
    }
    for request in ["GET PATH HTTP/1.1\r\n\r\n", "GET PATH HTTP/1.1\r\nhost: one\r\nhost: two\r\n\r\n"] {
        for path in ["/hello", "/nowhere"] {
            let mut raw = Raw::connect(host).await;
            raw.send(request.replace("PATH", &host.path(path))).await;
            assert_eq!(raw.answer().await.problem(), "http.bad_request", "{request}");
        }
    }
}

/// A length and an encoding at once: refused, however the head comes in, and the connection ends.
pub async fn length_and_encoding(host: &Host, _: &Probe) {
    let path = host.path("/echo");
    let smuggled = format!("GET {} HTTP/1.1\r\nhost: test\r\n\r\n", host.path("/panic"));
    let before = format!("GET {} HTTP/1.1\r\nhost: test\r\n\r\n", host.path("/hello"));
    for fields in [
        "Content-Length: 6\r\nTransfer-Encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 6",
        "transfer-encoding: chunked\r\nx-a: b\r\nCONTENT-LENGTH: 6\r\nx-c: d",
    ] {
        let request = format!("POST {path} HTTP/1.1\r\nhost: test\r\n{fields}\r\n\r\n0\r\n\r\n{smuggled}");
        for piece in [1, 7, 50, request.len()] {
            let mut raw = Raw::connect(host).await;
            raw.send(&before).await;
            assert_eq!(raw.answer().await.text(), "hello");
            for bytes in request.as_bytes().chunks(piece) {
                // The server may have closed the connection by then.
                if raw.try_send(bytes).await.is_err() {
                    break;
                }
            }
            let Some((status, headers)) = raw.head().await else { continue };
            assert_refused(host, status.as_u16(), fields);
            let length =
                headers.get("content-length").map_or(0, |length| length.to_str().unwrap().parse().unwrap());
            let rest = raw.skip(u64::MAX).await;
            assert!(rest <= length + 5, "{fields}: {rest} bytes came behind the answer");
        }
        // Behind another request, in the same packet.
        let mut raw = Raw::connect(host).await;
        raw.send(format!("{before}{request}")).await;
        assert_eq!(raw.answer().await.text(), "hello");
        if let Some((status, _)) = raw.head().await {
            assert_refused(host, status.as_u16(), fields);
        }
    }
}

/// `axum::serve` reads the connection itself: it takes the encoding, as the RFC lets it, and closes.
fn assert_refused(host: &Host, status: u16, fields: &str) {
    let served = host.kind() == Kind::Axum && status == 200;
    assert!(status == 400 || served, "{fields}: {status}");
}

/// A chunk that is not one ends the request and the connection.
pub async fn broken_chunks(host: &Host, _: &Probe) {
    let path = host.path("/small");
    for chunks in
        ["x\r\nhello\r\n0\r\n\r\n", "5\r\nhelloo\r\n0\r\n\r\n", "-1\r\n\r\n", "ffffffffffffffffff\r\nx"]
    {
        let mut raw = Raw::connect(host).await;
        raw.send(format!("POST {path} HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n{chunks}"))
            .await;
        if let Some((status, _)) = raw.head().await {
            assert!(matches!(status.as_u16(), 400 | 413), "{chunks:?}: {status}");
        }
    }
}
