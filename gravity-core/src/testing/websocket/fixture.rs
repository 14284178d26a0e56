//! The routes that the suite wants served.

use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::http::websocket::{CloseCode, Message, Upgrading, WebSocket, WebSocketUpgrade, WsError};
use crate::http::{PUBLIC, Path, Routes, State, get};

/// How many messages `/flood` sends, and how large each is.
pub(crate) const FLOOD: (usize, usize) = (1024, 64 * 1024);

/// The longest message that `/small` takes.
pub(crate) const SMALL: usize = 1024;

/// The suite's routes, and what their handlers have seen.
#[derive(Debug, Clone)]
pub struct Suite(Arc<watch::Sender<Seen>>);

/// What the handlers have seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// How many sockets of `/watched` are open.
    pub watched: usize,
    /// How many of them have ended with a connection that was lost.
    pub lost: usize,
    /// How many messages `/flood` has sent.
    pub flooded: usize,
}

impl Suite {
    /// A suite that has seen nothing yet.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Seen::default())))
    }

    /// The routes that the host under test has to serve.
    pub fn routes(&self) -> Routes {
        Routes::new()
            .route(get("/echo", "echo").allow(PUBLIC).limits(|limits| limits.message = 2 << 20).to(echo))
            .route(get("/small", "small").allow(PUBLIC).limits(|limits| limits.message = SMALL).to(echo))
            .route(get("/frames", "frames").allow(PUBLIC).to(frames))
            .route(get("/protocols", "protocols").allow(PUBLIC).to(protocols))
            .route(get("/listed", "listed").allow(PUBLIC).to(listed))
            .route(get("/any", "any").allow(PUBLIC).to(any))
            .route(get("/json", "json").allow(PUBLIC).to(json))
            .route(get("/close/{code}", "close").allow(PUBLIC).to(close))
            .route(get("/drop", "drop").allow(PUBLIC).to(let_go))
            .route(get("/panic", "panic").allow(PUBLIC).to(panics))
            .route(get("/push", "push").allow(PUBLIC).to(push))
            .route(get("/watched", "watched").allow(PUBLIC).to(watched))
            .route(get("/flood", "flood").allow(PUBLIC).to(flood))
            .state(self)
    }

    /// What the handlers have seen, as it changes.
    pub fn seen(&self) -> watch::Receiver<Seen> {
        self.0.subscribe()
    }

    fn note(&self, change: impl FnOnce(&mut Seen)) {
        self.0.send_modify(change);
    }
}

impl Default for Suite {
    fn default() -> Self {
        Self::new()
    }
}

async fn repeat(mut socket: WebSocket) -> Result<(), WsError> {
    while let Some(message) = socket.recv().await {
        match message? {
            Message::Close(_) => break,
            message => socket.send(message).await?,
        }
    }
    Ok(())
}

async fn echo(upgrade: WebSocketUpgrade) -> Upgrading {
    upgrade.on_upgrade(repeat)
}

async fn frames(upgrade: WebSocketUpgrade) -> Upgrading {
    upgrade.max_frame(SMALL).on_upgrade(repeat)
}

async fn protocols(upgrade: WebSocketUpgrade) -> Upgrading {
    upgrade.protocols(["chat.v2", "chat.v1"]).on_upgrade(async move |socket: WebSocket| {
        let agreed = socket.protocol().unwrap_or("none").to_owned();
        socket.send(agreed).await?;
        socket.close(CloseCode::NORMAL, "").await
    })
}

async fn listed(upgrade: WebSocketUpgrade) -> Upgrading {
    upgrade.origins(["https://app.example.com", "http://localhost:3000"]).on_upgrade(repeat)
}

async fn any(upgrade: WebSocketUpgrade) -> Upgrading {
    upgrade.any_origin().on_upgrade(repeat)
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Sum {
    left: u32,
    right: u32,
}

async fn json(upgrade: WebSocketUpgrade) -> Upgrading {
    upgrade.on_upgrade(async move |mut socket: WebSocket| {
        while let Some(sum) = socket.recv_json::<Sum>().await {
            match sum {
                Ok(sum) => socket.send_json(&(u64::from(sum.left) + u64::from(sum.right))).await?,
                Err(WsError::Json(problem)) => socket.send(problem.kind().code).await?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    })
}

async fn close(upgrade: WebSocketUpgrade, Path(code): Path<u16>) -> Upgrading {
    let code = CloseCode::new(code).unwrap_or(CloseCode::POLICY);
    upgrade.on_upgrade(async move |socket: WebSocket| {
        socket.send("last words").await?;
        socket.close(code, "as you wish").await
    })
}

async fn let_go(upgrade: WebSocketUpgrade) -> Upgrading {
    upgrade.on_upgrade(async |_: WebSocket| ())
}

async fn panics(upgrade: WebSocketUpgrade) -> Upgrading {
    async fn panics(mut socket: WebSocket) {
        let message = socket.recv().await;
        let _ = socket.send("last words").await;
        panic!("a panic that the suite wants, after {message:?}");
    }
    upgrade.on_upgrade(panics)
}

/// Sends, and receives nothing.
async fn push(upgrade: WebSocketUpgrade) -> Upgrading {
    upgrade.on_upgrade(async |socket: WebSocket| {
        let (sender, receiver) = socket.split();
        drop(receiver);
        sender.send("pushed").await?;
        sender.closed().await;
        Ok(())
    })
}

async fn watched(State(suite): State<Suite>, upgrade: WebSocketUpgrade) -> Upgrading {
    upgrade.on_upgrade(async move |mut socket: WebSocket| {
        suite.note(|seen| seen.watched += 1);
        let mut last = None;
        while let Some(message) = socket.recv().await {
            last = Some(message);
        }
        suite.note(|seen| {
            seen.watched -= 1;
            seen.lost += usize::from(matches!(last, Some(Err(WsError::Lost(_)))));
        });
    })
}

async fn flood(State(suite): State<Suite>, upgrade: WebSocketUpgrade) -> Upgrading {
    upgrade.on_upgrade(async move |socket: WebSocket| {
        let (count, size) = FLOOD;
        for number in 0..count {
            let mut message = BytesMut::zeroed(size - 8);
            message.put_u64(number as u64);
            socket.send(message.freeze()).await?;
            suite.note(|seen| seen.flooded += 1);
        }
        socket.close(CloseCode::NORMAL, "").await
    })
}
