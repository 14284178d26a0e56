//! Pings and pongs.

use super::raw::{PING, PONG, Server, TEXT, frame};

/// All cases of this group.
pub async fn run(server: &Server) {
    pings(server).await;
    unsolicited_pongs(server).await;
    too_long(server).await;
    fragmented(server).await;
    many_pings(server).await;
}

/// A ping is answered with what it holds.
pub async fn pings(server: &Server) {
    let mut socket = server.open("/echo").await;
    for payload in [&b""[..], b"Hello", &[0, 255, 254, 128], &[0xfe; 125]] {
        socket.send(PING, payload).await;
        socket.expect(PONG, payload).await;
    }
    for piece in frame(0x80 | PING, &[0xfe; 125]).chunks(1) {
        socket.bytes(piece).await;
    }
    socket.expect(PONG, [0xfe; 125]).await;
    socket.close().await;
}

/// A pong that nobody asked for is ignored.
pub async fn unsolicited_pongs(server: &Server) {
    let mut socket = server.open("/echo").await;
    socket.send(PONG, "").await;
    socket.send(PONG, "unasked").await;
    socket.send(PING, "asked").await;
    socket.expect(PONG, "asked").await;
    socket.send(PONG, "unasked").await;
    socket.send(TEXT, "still here").await;
    socket.expect(TEXT, "still here").await;
    socket.close().await;
}

/// A control frame holds 125 bytes.
pub async fn too_long(server: &Server) {
    for opcode in [PING, PONG] {
        let mut socket = server.open("/echo").await;
        socket.send(opcode, [0xfe; 126]).await;
        socket.expect_close(1002).await;
    }
}

/// A control frame is not fragmented.
pub async fn fragmented(server: &Server) {
    for opcode in [PING, PONG] {
        let mut socket = server.open("/echo").await;
        socket.send_part(opcode, "first").await;
        socket.expect_close(1002).await;
    }
}

/// Many pings in one write: the last is answered; those before it may be skipped, as the RFC has it.
pub async fn many_pings(server: &Server) {
    let mut socket = server.open("/echo").await;
    let all: Vec<u8> =
        (0..100).flat_map(|number| frame(0x80 | PING, format!("{number}").as_bytes())).collect();
    socket.bytes(&all).await;
    let mut before = -1;
    while before < 99 {
        let pong = socket.next().await.expect("one more pong");
        assert_eq!(pong.head, 0x80 | PONG);
        let number = std::str::from_utf8(&pong.payload).unwrap().parse().unwrap();
        assert!(number > before, "pongs come in order");
        before = number;
    }
    socket.close().await;
}
