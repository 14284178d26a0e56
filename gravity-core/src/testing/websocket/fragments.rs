//! Messages in several frames.

use super::raw::{BINARY, CONTINUE, PING, PONG, Server, TEXT};

/// All cases of this group.
pub async fn run(server: &Server) {
    put_together(server).await;
    pings_between(server).await;
    nothing_to_continue(server).await;
    message_within_message(server).await;
}

/// Fragments, empty ones too, become one message.
pub async fn put_together(server: &Server) {
    let mut socket = server.open("/echo").await;
    for opcode in [TEXT, BINARY] {
        for parts in [&["frag", "ment"][..], &["", "", ""], &["", "fragment", ""], &["f"; 100]] {
            let (last, first) = parts.split_last().unwrap();
            for (at, part) in first.iter().enumerate() {
                socket.send_part(if at == 0 { opcode } else { CONTINUE }, part).await;
            }
            socket.send(CONTINUE, last).await;
            socket.expect(opcode, parts.concat()).await;
        }
    }
    socket.close().await;
}

/// A ping within a message is answered at once, and does not disturb it.
pub async fn pings_between(server: &Server) {
    let mut socket = server.open("/echo").await;
    for opcode in [TEXT, BINARY] {
        socket.send_part(opcode, "one").await;
        socket.send(PING, "1").await;
        socket.expect(PONG, "1").await;
        socket.send_part(CONTINUE, "two").await;
        socket.send(PONG, "unasked").await;
        socket.send(PING, "2").await;
        socket.expect(PONG, "2").await;
        socket.send(CONTINUE, "three").await;
        socket.expect(opcode, "onetwothree").await;
    }
    socket.close().await;
}

/// A continuation needs something to continue: at the start, and after a message that is whole.
pub async fn nothing_to_continue(server: &Server) {
    for last in [false, true] {
        let mut socket = server.open("/echo").await;
        if last {
            socket.send(CONTINUE, "what").await;
        } else {
            socket.send_part(CONTINUE, "what").await;
        }
        socket.expect_close(1002).await;
    }
    let mut socket = server.open("/echo").await;
    socket.send_part(TEXT, "a").await;
    socket.send(CONTINUE, "b").await;
    socket.expect(TEXT, "ab").await;
    socket.send(CONTINUE, "c").await;
    socket.expect_close(1002).await;
}

/// A message does not begin within another.
pub async fn message_within_message(server: &Server) {
    for opcode in [TEXT, BINARY] {
        let mut socket = server.open("/echo").await;
        socket.send_part(TEXT, "begun").await;
        socket.send(opcode, "another").await;
        socket.expect_close(1002).await;
    }
}
