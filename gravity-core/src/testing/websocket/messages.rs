//! Whole messages of many sizes, there and back; JSON; a handler that only sends.

use super::raw::{BINARY, CLOSE, Server, TEXT, farewell, frame};

/// All cases of this group.
pub async fn run(server: &Server) {
    sizes(server).await;
    in_chops(server).await;
    many_at_once(server).await;
    json(server).await;
    push_only(server).await;
}

/// Lengths on both sides of each way to write a length.
pub async fn sizes(server: &Server) {
    let mut socket = server.open("/echo").await;
    for len in [0, 1, 125, 126, 127, 128, 65_535, 65_536, 1 << 20] {
        let text = "*".repeat(len);
        socket.send(TEXT, &text).await;
        socket.expect(TEXT, &text).await;
        let bytes: Vec<u8> = (0..len).map(|at| u8::try_from(at % 251).unwrap()).collect();
        socket.send(BINARY, &bytes).await;
        socket.expect(BINARY, &bytes).await;
    }
    socket.close().await;
}

/// A frame comes in small pieces.
pub async fn in_chops(server: &Server) {
    for (len, chop) in [(200, 1), (65_536, 997)] {
        let mut socket = server.open("/echo").await;
        let bytes = vec![0xfe; len];
        for piece in frame(0x80 | BINARY, &bytes).chunks(chop) {
            socket.bytes(piece).await;
        }
        socket.expect(BINARY, &bytes).await;
        socket.close().await;
    }
}

/// Many messages in one write come back in their order.
pub async fn many_at_once(server: &Server) {
    let mut socket = server.open("/echo").await;
    let all: Vec<u8> =
        (0..500).flat_map(|number| frame(0x80 | TEXT, format!("{number}").as_bytes())).collect();
    socket.bytes(&all).await;
    for number in 0..500 {
        socket.expect(TEXT, number.to_string()).await;
    }
    socket.close().await;
}

/// JSON messages are checked; bad ones leave the socket open, binary ones close it with 1003.
pub async fn json(server: &Server) {
    let mut socket = server.open("/json").await;
    socket.send(TEXT, r#"{"left":1,"right":4294967295}"#).await;
    socket.expect(TEXT, "4294967296").await;
    socket.send(TEXT, "{").await;
    socket.expect(TEXT, "http.bad_body").await;
    socket.send(TEXT, r#"{"left":-1}"#).await;
    socket.expect(TEXT, "http.invalid").await;
    socket.send(TEXT, "[".repeat(1000)).await;
    socket.expect(TEXT, "http.bad_body").await;
    socket.send(BINARY, r#"{"left":1,"right":1}"#).await;
    socket.expect_close(1003).await;
}

/// A handler that receives nothing does not hold the client up, and learns of its end.
pub async fn push_only(server: &Server) {
    let mut socket = server.open("/push").await;
    socket.expect(TEXT, "pushed").await;
    for _ in 0..100 {
        socket.send(TEXT, "unheard").await;
    }
    socket.send(CLOSE, farewell(1000, "")).await;
    socket.expect(CLOSE, farewell(1000, "")).await;
    socket.expect_end().await;
}
