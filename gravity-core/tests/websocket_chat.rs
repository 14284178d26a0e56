//! A small chat: how WebSockets are meant to be used.
#![cfg(feature = "testing")]

use std::time::Duration;

use gravity_core::http::websocket::{Message, Text, Upgrading, WebSocket, WebSocketUpgrade, WsError};
use gravity_core::http::{PUBLIC, Path, Routes, State, get};
use gravity_core::testing::websocket::{Raw, Server};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{DuplexStream, duplex};
use tokio::sync::broadcast;

#[derive(Clone)]
struct Room(broadcast::Sender<Text>);

impl Room {
    fn say(&self, text: String) {
        // That nobody listens is no fault.
        let _ = self.0.send(text.into());
    }
}

async fn join(State(room): State<Room>, Path(name): Path<String>, upgrade: WebSocketUpgrade) -> Upgrading {
    upgrade.on_upgrade(async move |socket| {
        let mut heard = room.0.subscribe();
        room.say(format!("{name} comes in"));
        let end = chat(&room, &name, socket, &mut heard).await;
        room.say(format!("{name} goes away"));
        end
    })
}

async fn chat(
    room: &Room,
    name: &str,
    mut socket: WebSocket,
    heard: &mut broadcast::Receiver<Text>,
) -> Result<(), WsError> {
    loop {
        tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => room.say(format!("{name}: {text}")),
                Some(Err(error)) => return Err(error),
                _ => return Ok(()),
            },
            Ok(text) = heard.recv() => socket.send(text).await?,
        }
    }
}

async fn enter(routes: &Routes, name: &str) -> Raw<DuplexStream> {
    let (client, server) = duplex(4096);
    let service = TowerToHyperService::new(routes.clone());
    tokio::spawn(
        hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(server), service)
            .with_upgrades(),
    );
    Server::new(([127, 0, 0, 1], 80).into()).ask(&format!("/rooms/lobby/{name}")).open(client).await
}

#[tokio::test]
async fn everyone_hears_everyone() {
    const TEXT: u8 = 1;
    let room = Room(broadcast::Sender::new(64));
    let routes: Routes =
        Routes::new().route(get("/rooms/lobby/{name}", "join").allow(PUBLIC).to(join)).state(&room);
    let mut ann = enter(&routes, "Ann").await;
    ann.expect(TEXT, "Ann comes in").await;
    let mut bob = enter(&routes, "J%C3%BCrgen").await;
    ann.expect(TEXT, "Jürgen comes in").await;
    bob.expect(TEXT, "Jürgen comes in").await;
    ann.send(TEXT, "hello").await;
    bob.send_part(TEXT, "good ").await;
    for client in [&mut ann, &mut bob] {
        client.expect(TEXT, "Ann: hello").await;
    }
    bob.send(0, "day").await;
    for client in [&mut ann, &mut bob] {
        client.expect(TEXT, "Jürgen: good day").await;
    }
    ann.close().await;
    bob.expect(TEXT, "Ann goes away").await;
    drop(bob);
    let mut heard = room.0.subscribe();
    let last = tokio::time::timeout(Duration::from_secs(10), heard.recv()).await.unwrap().unwrap();
    assert_eq!(last, "Jürgen goes away");
}
