//! Connections that stop speaking HTTP.

use super::Probe;
use crate::testing::http::{Host, Raw};

const ASK: &str = "connection: upgrade\r\nupgrade: websocket\r\n";

async fn upgraded(host: &Host) -> Raw {
    let mut raw = Raw::connect(host).await;
    // Once the connection has been used.
    assert_eq!(raw.ask("GET", &host.path("/hello"), "").await.text(), "hello");
    raw.send(format!("GET {} HTTP/1.1\r\nhost: test\r\n{ASK}\r\n", host.path("/upgrade"))).await;
    let (status, headers) = raw.head().await.unwrap();
    assert_eq!((status.as_u16(), &headers["upgrade"]), (101, &"websocket".parse().unwrap()));
    assert!(headers["connection"].to_str().unwrap().eq_ignore_ascii_case("upgrade"));
    assert!(!headers.contains_key("transfer-encoding"));
    assert_eq!(raw.exactly(2).await.unwrap(), b"hi", "the server can speak first");
    raw
}

/// Bytes go both ways, each as soon as it is sent.
pub async fn both_ways(host: &Host, _: &Probe) {
    let mut raw = upgraded(host).await;
    for word in ["a", "bc", "GET / HTTP/1.1\r\n\r\n", "0\r\n\r\n"] {
        raw.send(word).await;
        assert_eq!(raw.exactly(word.len()).await.unwrap(), word.to_ascii_uppercase().as_bytes());
    }
    let long = "x".repeat(200_000);
    let mut heard = 0;
    for piece in long.as_bytes().chunks(20_000) {
        raw.send(piece).await;
        heard += raw.exactly(piece.len()).await.unwrap().len();
    }
    assert_eq!(heard, long.len());
}

/// The server ends the connection when its handler does.
pub async fn server_closes(host: &Host, probe: &Probe) {
    let ended = probe.ended();
    let mut raw = upgraded(host).await;
    raw.send("bye!").await;
    assert_eq!(raw.exactly(4).await.unwrap(), b"BYE!");
    assert!(raw.is_closed().await);
    probe.wait_ended(ended).await;
}

/// The handler hears when its client goes away.
pub async fn client_leaves(host: &Host, probe: &Probe) {
    let ended = probe.ended();
    let raw = upgraded(host).await;
    drop(raw);
    probe.wait_ended(ended).await;
}

/// A request that offers an upgrade is an ordinary one to a route that wants none.
pub async fn not_taken(host: &Host, _: &Probe) {
    let mut raw = Raw::connect(host).await;
    assert_eq!(raw.ask("GET", &host.path("/hello"), ASK).await.text(), "hello");
    let mut raw = Raw::connect(host).await;
    let path = host.path("/small");
    raw.send(format!("POST {path} HTTP/1.1\r\nhost: test\r\n{ASK}content-length: 5\r\n\r\n12345")).await;
    assert_eq!(raw.answer().await.text(), "5");
}
