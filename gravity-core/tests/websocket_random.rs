//! Random histories of a socket: what is right comes back, and what is wrong ends it.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gravity_core::http::Routes;
use gravity_core::testing::websocket::{Raw, Server, Suite};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use proptest::collection::vec;
use proptest::prelude::*;
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};

async fn open(routes: &Routes, room: usize) -> Raw<DuplexStream> {
    let (client, server) = duplex(room);
    let service = TowerToHyperService::new(routes.clone());
    tokio::spawn(
        hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(server), service)
            .with_upgrades(),
    );
    Server::new(([127, 0, 0, 1], 80).into()).ask("/echo").open(client).await
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(test);
}

/// A message in fragments, a ping after each of which it is asked for.
#[derive(Debug, Clone)]
enum Sent {
    Text(Vec<(String, bool)>),
    Binary(Vec<(Vec<u8>, bool)>),
}

fn sent() -> impl Strategy<Value = Sent> {
    prop_oneof![
        vec((".{0,20}", any::<bool>()), 1..5).prop_map(Sent::Text),
        vec((vec(any::<u8>(), 0..300), any::<bool>()), 1..5).prop_map(Sent::Binary),
    ]
}

impl Sent {
    fn opcode(&self) -> u8 {
        match self {
            Self::Text(_) => 1,
            Self::Binary(_) => 2,
        }
    }

    fn parts(&self) -> Vec<(&[u8], bool)> {
        match self {
            Self::Text(parts) => parts.iter().map(|(part, ping)| (part.as_bytes(), *ping)).collect(),
            Self::Binary(parts) => parts.iter().map(|(part, ping)| (part.as_slice(), *ping)).collect(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn messages_come_back_however_they_are_cut(messages in vec(sent(), 0..6), room in 64..2048_usize) {
        run(async {
            let routes = Suite::new().routes();
            let mut socket = open(&routes, room).await;
            for message in &messages {
                let parts = message.parts();
                for (at, (part, ping)) in parts.iter().enumerate() {
                    let opcode = if at == 0 { message.opcode() } else { 0 };
                    if at + 1 == parts.len() {
                        socket.send(opcode, part).await;
                    } else {
                        socket.send_part(opcode, part).await;
                        if *ping {
                            socket.send(9, [7]).await;
                            socket.expect(10, [7]).await;
                        }
                    }
                }
                socket.expect(message.opcode(), parts.iter().flat_map(|(part, _)| *part).copied().collect::<Vec<_>>()).await;
            }
            socket.close().await;
        });
    }

    #[test]
    fn random_bytes_end_the_socket_in_order(bytes in vec(any::<u8>(), 0..200)) {
        run(async {
            let routes = Suite::new().routes();
            let mut io = open(&routes, 4096).await.into_inner();
            io.write_all(&bytes).await.unwrap();
            io.shutdown().await.unwrap();
            let mut socket = Raw::new(io);
            let mut closed = false;
            while let Some(frame) = socket.next().await {
                well_formed(frame.head, closed);
                closed = frame.head == 0x88;
            }
        });
    }
}

/// Frames of the server are whole and of a known kind, and nothing follows a close.
fn well_formed(head: u8, closed: bool) {
    assert!([0x81, 0x82, 0x88, 0x8a].contains(&head), "{head:x}");
    assert!(!closed, "a frame follows a close");
}
