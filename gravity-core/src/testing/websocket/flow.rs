//! Connections that break off, clients that do not read, and many sockets at once.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;

use super::fixture::{FLOOD, Suite};
use super::raw::{BINARY, PING, PONG, Server, TEXT};

/// All cases of this group.
pub async fn run(suite: &Suite, server: &Server) {
    disconnects(suite, server).await;
    slow_reader(suite, server).await;
    echo_without_reading(server).await;
    many_sockets(server).await;
}

/// A connection that ends without a word, reset or not, ends its handler.
pub async fn disconnects(suite: &Suite, server: &Server) {
    let mut seen = suite.seen();
    for reset in [false, true] {
        let lost = seen.borrow().lost;
        let mut socket = server.open("/watched").await;
        socket.send(TEXT, "here").await;
        socket.send_part(TEXT, "half a mess").await;
        seen.wait_for(|seen| seen.watched == 1).await.expect("the suite lives");
        let io = socket.into_inner();
        if reset {
            io.set_zero_linger().expect("the connection takes an option");
        }
        drop(io);
        let ended = seen.wait_for(|seen| seen.watched == 0 && seen.lost == lost + 1);
        timeout(Duration::from_secs(30), ended).await.expect("the handler ends").expect("the suite lives");
    }
}

/// A client that does not read stops the handler, which goes on when it does; nothing is lost.
pub async fn slow_reader(suite: &Suite, server: &Server) {
    let (count, size) = FLOOD;
    let mut seen = suite.seen();
    let before = seen.borrow_and_update().flooded;
    let mut socket = server.open("/flood").await;
    // Until nothing moves any more.
    while timeout(Duration::from_millis(500), seen.changed()).await.is_ok() {}
    let sent = seen.borrow().flooded - before;
    assert!(sent < count / 2, "{sent} messages of {size} bytes were sent to a client that does not read");
    for number in 0..count {
        let frame = socket.next().await.expect("one more message");
        assert_eq!((frame.head, frame.payload.len()), (0x80 | BINARY, size));
        assert_eq!(frame.payload[size - 8..], (number as u64).to_be_bytes());
    }
    socket.expect_close(1000).await;
}

/// A client that sends much before it reads gets everything all the same.
pub async fn echo_without_reading(server: &Server) {
    let mut socket = server.open("/echo").await;
    for number in 0..16_u8 {
        socket.send(BINARY, vec![number; 16 * 1024]).await;
    }
    socket.send(PING, "last").await;
    let (mut next, mut answered) = (0, false);
    while next < 16 || !answered {
        let frame = socket.next().await.expect("one more frame");
        if frame.head == 0x80 | PONG {
            answered = true;
        } else {
            assert!(frame.payload == vec![next; 16 * 1024]);
            next += 1;
        }
    }
    socket.close().await;
}

/// Many sockets, all open at once.
pub async fn many_sockets(server: &Server) {
    let mut sockets = join_all((0..200).map(|_| server.open("/echo"))).await;
    for round in 0..3 {
        join_all(sockets.iter_mut().enumerate().map(async |(at, socket)| {
            let text = format!("{at} in round {round}");
            socket.send(TEXT, &text).await;
            socket.expect(TEXT, &text).await;
        }))
        .await;
    }
    join_all(sockets.into_iter().map(super::raw::Raw::close)).await;
}
