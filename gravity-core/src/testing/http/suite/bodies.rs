//! Bodies both ways, up to their limits.

use std::time::Instant;

use super::Probe;
use crate::testing::http::{Host, Raw};

/// What is posted comes back, however it is framed.
pub async fn echo(host: &Host, _: &Probe) {
    let path = host.path("/echo");
    for size in [0, 1, 1000, 65_535, 65_536, 65_537, 300_000] {
        let body: Vec<u8> = (0..=250_u8).cycle().take(size).collect();
        let mut raw = Raw::connect(host).await;
        raw.send(format!("POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {size}\r\n\r\n")).await;
        raw.send(&body).await;
        let answer = raw.answer().await;
        assert_eq!((answer.status.as_u16(), answer.body == body), (200, true), "{size} bytes, length stated");

        // A host may close after an answer that began before the request had ended.
        if answer.closes() {
            raw = Raw::connect(host).await;
        }
        raw.send(format!("POST {path} HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n")).await;
        for piece in body.chunks(40_000) {
            raw.send(format!("{:x}\r\n", piece.len())).await;
            raw.send(piece).await;
            raw.send("\r\n").await;
        }
        raw.send("0\r\n\r\n").await;
        let answer = raw.answer().await;
        assert_eq!((answer.status.as_u16(), answer.body == body), (200, true), "{size} bytes, in chunks");
    }
}

/// The answer begins, and goes on, while the request still arrives.
pub async fn answer_before_the_end_of_the_request(host: &Host, _: &Probe) {
    let mut raw = Raw::connect(host).await;
    let path = host.path("/echo");
    raw.send(format!("POST {path} HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n")).await;
    raw.send("3\r\none\r\n").await;
    assert_eq!(raw.head().await.unwrap().0, 200);
    assert_eq!(raw.chunk().await.unwrap().unwrap(), b"one");
    for word in ["alpha", "gamma"] {
        raw.send(format!("5\r\n{word}\r\n")).await;
        assert_eq!(raw.chunk().await.unwrap().unwrap(), word.as_bytes());
    }
    raw.send("0\r\n\r\n").await;
    assert_eq!(raw.chunk().await.unwrap(), None);
}

/// A body past its limit is answered with 413: at once where its length is stated, else when it gets there.
pub async fn too_long(host: &Host, _: &Probe) {
    let path = host.path("/small");
    for size in [1025, 70_000, 1_u64 << 40] {
        let mut raw = Raw::connect(host).await;
        raw.send(format!("POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {size}\r\n\r\n")).await;
        let answer = raw.answer().await;
        assert_eq!((answer.status.as_u16(), &*answer.problem()), (413, "http.body_too_large"), "{size}");
    }
    let mut raw = Raw::connect(host).await;
    raw.send(format!("POST {path} HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n")).await;
    raw.send(format!("400\r\n{}\r\n1\r\nx\r\n", "x".repeat(1024))).await;
    assert_eq!(raw.answer().await.problem(), "http.body_too_large");

    let mut raw = Raw::connect(host).await;
    raw.send(format!("POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: 1024\r\n\r\n")).await;
    raw.send("x".repeat(1024)).await;
    assert_eq!(raw.answer().await.text(), "1024");
}

/// A body that stands still is cut off with 408, whatever had come of it.
pub async fn too_slow(host: &Host, _: &Probe) {
    let path = host.path("/slow");
    for (framing, sent) in [
        ("content-length: 10", ""),
        ("content-length: 10", "12345"),
        ("content-length: 100000", "12345"),
        ("transfer-encoding: chunked", ""),
        ("transfer-encoding: chunked", "3\r\none\r\n"),
    ] {
        let mut raw = Raw::connect(host).await;
        let begun = Instant::now();
        raw.send(format!("POST {path} HTTP/1.1\r\nhost: test\r\n{framing}\r\n\r\n{sent}")).await;
        let answer = raw.answer().await;
        assert_eq!((answer.status.as_u16(), &*answer.problem()), (408, "http.request_timeout"), "{framing}");
        assert!(begun.elapsed().as_secs() < 10, "{framing}: {:?}", begun.elapsed());
    }
}

/// An answer that breaks off does not look like one that ends.
pub async fn broken_answer(host: &Host, _: &Probe) {
    let mut raw = Raw::connect(host).await;
    raw.send(format!("GET {} HTTP/1.1\r\nhost: test\r\n\r\n", host.path("/broken"))).await;
    // The server may find the fault before it has sent anything.
    if let Some((status, headers)) = raw.head().await {
        assert_eq!((status.as_u16(), headers.contains_key("content-length")), (200, false));
        while let Ok(chunk) = raw.chunk().await {
            assert!(chunk.is_some(), "the answer has a proper end");
        }
    }
}

/// A handler that does not read its body answers, and the connection is sound or closed.
pub async fn unread(host: &Host, _: &Probe) {
    let mut raw = Raw::connect(host).await;
    let path = host.path("/early");
    raw.send(format!("POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: 5\r\n\r\n12345")).await;
    let answer = raw.answer().await;
    assert_eq!(answer.text(), "not read");
    if answer.closes() {
        return;
    }
    if raw.try_send(format!("GET {} HTTP/1.1\r\nhost: test\r\n\r\n", host.path("/hello"))).await.is_ok()
        && let Some((status, _)) = raw.head().await
    {
        assert_eq!(status, 200);
    }
}
