//! The closing handshake.

use super::raw::{CLOSE, PING, PONG, Server, TEXT, farewell, frame};

/// All cases of this group.
pub async fn run(server: &Server) {
    valid_codes(server).await;
    without_code(server).await;
    invalid_codes(server).await;
    malformed(server).await;
    after_close(server).await;
    within_message(server).await;
    by_handler(server).await;
    by_letting_go(server).await;
    by_panic(server).await;
}

/// A close is answered with its own code.
pub async fn valid_codes(server: &Server) {
    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999] {
        let mut socket = server.open("/echo").await;
        socket.send(CLOSE, farewell(code, "")).await;
        socket.expect_close(code).await;
    }
    for reason in ["fine", "κόσμε", &"*".repeat(123)] {
        let mut socket = server.open("/echo").await;
        socket.send(CLOSE, farewell(1000, reason)).await;
        socket.expect_close(1000).await;
    }
}

/// A close without a code is answered with one without a code.
pub async fn without_code(server: &Server) {
    let mut socket = server.open("/echo").await;
    socket.send(CLOSE, "").await;
    socket.expect(CLOSE, "").await;
    socket.expect_end().await;
}

/// Codes that nobody may send.
pub async fn invalid_codes(server: &Server) {
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
        let mut socket = server.open("/echo").await;
        socket.send(CLOSE, farewell(code, "")).await;
        socket.expect_close(1002).await;
    }
}

/// Close frames that are not well-formed.
pub async fn malformed(server: &Server) {
    for payload in [vec![3], farewell(1000, &"*".repeat(124))] {
        let mut socket = server.open("/echo").await;
        socket.send(CLOSE, payload).await;
        socket.expect_close(1002).await;
    }
    let mut socket = server.open("/echo").await;
    socket.send_part(CLOSE, farewell(1000, "")).await;
    socket.expect_close(1002).await;
}

/// What comes after a close is ignored, a second close too; what came before it is answered.
pub async fn after_close(server: &Server) {
    let close = frame(0x80 | CLOSE, &farewell(1000, ""));
    for after in
        [frame(0x80 | TEXT, b"late"), frame(0x80 | PING, b"late"), close.clone(), vec![0xff; 1 << 18]]
    {
        let mut socket = server.open("/echo").await;
        socket.send(TEXT, "in time").await;
        socket.expect(TEXT, "in time").await;
        socket.bytes(&[close.clone(), after].concat()).await;
        socket.expect(CLOSE, farewell(1000, "")).await;
        socket.expect_end().await;
    }
    let mut socket = server.open("/echo").await;
    socket.bytes(&[frame(0x80 | PING, b"in time"), close].concat()).await;
    let mut got = socket.next().await.unwrap();
    // The RFC leaves it open whether a ping is answered once there is a close.
    if got.head == 0x80 | PONG {
        got = socket.next().await.unwrap();
    }
    assert_eq!((got.head, got.payload.as_ref()), (0x80 | CLOSE, farewell(1000, "").as_slice()));
    socket.expect_end().await;
}

/// A close may come before a message is whole.
pub async fn within_message(server: &Server) {
    let mut socket = server.open("/echo").await;
    socket.send_part(TEXT, "never whole").await;
    socket.send(CLOSE, farewell(1000, "")).await;
    socket.expect_close(1000).await;
}

/// A handler closes with the code it wants, after what it has sent; what the client sends until it
/// has heard of it is ignored.
pub async fn by_handler(server: &Server) {
    for code in [1000, 1008, 3000, 4999] {
        let mut socket = server.open(&format!("/close/{code}")).await;
        socket.send(TEXT, "not yet heard of it").await;
        socket.expect(TEXT, "last words").await;
        socket.expect(CLOSE, farewell(code, "as you wish")).await;
        socket.send(TEXT, "neither has this").await;
        socket.send(CLOSE, farewell(code, "")).await;
        socket.expect_end().await;
    }
}

/// A handler that lets go of the socket closes it with 1001.
pub async fn by_letting_go(server: &Server) {
    server.open("/drop").await.expect_close(1001).await;
}

/// A handler that panics closes the socket with 1011, after what it has sent, and no other.
pub async fn by_panic(server: &Server) {
    let mut other = server.open("/echo").await;
    let mut socket = server.open("/panic").await;
    socket.send(TEXT, "boo").await;
    socket.expect(TEXT, "last words").await;
    socket.expect_close(1011).await;
    other.send(TEXT, "still here").await;
    other.expect(TEXT, "still here").await;
    other.close().await;
}
