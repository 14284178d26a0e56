//! [`WebSocket`]: the handler's end of a socket.

use http::HeaderValue;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

use super::close::{CloseCode, CloseFrame};
use super::error::WsError;
use super::message::{Message, Text};
use super::settings::{RECEIVED, Settings, TO_SEND};
use crate::http::extract::read_json;
use crate::http::{Problem, problems};

/// A control frame holds no more.
const CONTROL: usize = 125;

/// An open socket, in its handler's hands.
///
/// Pings, pongs, timeouts and the closing handshake go on by themselves, also while the handler does
/// something else. A handler that lets go of the socket closes it with
/// [`GOING_AWAY`](CloseCode::GOING_AWAY); to say why, [`close`](Self::close) it.
#[derive(Debug)]
pub struct WebSocket {
    sender: WebSocketSender,
    receiver: WebSocketReceiver,
    protocol: Option<HeaderValue>,
}

/// The half of a socket that sends. It can be cloned; messages of several are not mixed up.
#[derive(Debug, Clone)]
pub struct WebSocketSender(mpsc::Sender<Message>);

/// The half of a socket that receives. Whoever only sends drops it: what the client sends is read and
/// thrown away then, where otherwise the client is made to wait for its messages to be received.
#[derive(Debug)]
pub struct WebSocketReceiver {
    received: mpsc::Receiver<Result<Message, WsError>>,
    /// Keeps the socket open while the other half is gone.
    sender: WebSocketSender,
    json_depth: usize,
}

/// What the network's end of a socket holds.
pub(crate) struct Ends {
    pub(crate) received: mpsc::Sender<Result<Message, WsError>>,
    pub(crate) to_send: mpsc::Receiver<Message>,
}

impl WebSocket {
    pub(crate) fn new(settings: &Settings, protocol: Option<HeaderValue>) -> (Self, Ends) {
        let (to_send, sending) = mpsc::channel(TO_SEND);
        let (deliver, messages) = mpsc::channel(RECEIVED);
        let sender = WebSocketSender(to_send);
        let receiver =
            WebSocketReceiver { received: messages, sender: sender.clone(), json_depth: settings.json_depth };
        (Self { sender, receiver, protocol }, Ends { received: deliver, to_send: sending })
    }

    /// The subprotocol that was agreed upon.
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_ref().and_then(|protocol| protocol.to_str().ok())
    }

    /// The next message; see [`WebSocketReceiver::recv`].
    pub async fn recv(&mut self) -> Option<Result<Message, WsError>> {
        self.receiver.recv().await
    }

    /// The next message as JSON; see [`WebSocketReceiver::recv_json`].
    pub async fn recv_json<T>(&mut self) -> Option<Result<T, WsError>>
    where
        T: DeserializeOwned + JsonSchema + 'static,
    {
        self.receiver.recv_json().await
    }

    /// Sends a message; see [`WebSocketSender::send`].
    pub async fn send(&self, message: impl Into<Message>) -> Result<(), WsError> {
        self.sender.send(message).await
    }

    /// Sends a value as JSON text; see [`WebSocketSender::send_json`].
    pub async fn send_json<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), WsError> {
        self.sender.send_json(value).await
    }

    /// Closes the socket, once what was sent before has gone out. It does not wait for the client,
    /// which is given a few seconds to answer.
    pub async fn close(self, code: CloseCode, reason: impl Into<Text>) -> Result<(), WsError> {
        self.sender.close(code, reason).await
    }

    /// Two halves, for two tasks. The socket stays open until both are dropped, or one closes it.
    pub fn split(self) -> (WebSocketSender, WebSocketReceiver) {
        (self.sender, self.receiver)
    }
}

impl WebSocketSender {
    /// Sends a message. It waits while sixteen are under way already: a client that reads slowly
    /// slows the handler down, and one that reads nothing is given up after the write timeout.
    ///
    /// An error says that the socket is closed, or that a ping or pong has more than 125 bytes, which
    /// is not sent. That there is none does not say that the client has got it.
    ///
    /// It is safe to cancel: the message is sent whole or not at all.
    pub async fn send(&self, message: impl Into<Message>) -> Result<(), WsError> {
        let message = message.into();
        if let Message::Ping(bytes) | Message::Pong(bytes) = &message
            && bytes.len() > CONTROL
        {
            return Err(WsError::TooBig);
        }
        self.0.send(message).await.map_err(|_| WsError::Closed)
    }

    /// Sends a value as JSON text.
    pub async fn send_json<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), WsError> {
        let json = serde_json::to_string(value)
            .map_err(|error| WsError::Json(Problem::new(problems::INTERNAL).because(error)))?;
        self.send(json).await
    }

    /// Closes the socket, once what was sent before has gone out.
    pub async fn close(&self, code: CloseCode, reason: impl Into<Text>) -> Result<(), WsError> {
        self.send(Message::Close(CloseFrame::new(code, reason))).await
    }

    /// Waits until the socket is closed, by whomever.
    pub async fn closed(&self) {
        self.0.closed().await;
    }
}

impl WebSocketReceiver {
    /// The next message. The last ones of a socket are the client's [`Message::Close`], or an error
    /// that says how it ended otherwise; then there is `None`. Pings and pongs are not received: the
    /// socket sees to them.
    ///
    /// It is safe to cancel: no message is lost when another branch of a `select!` is faster.
    pub async fn recv(&mut self) -> Option<Result<Message, WsError>> {
        self.received.recv().await
    }

    /// The next text message, read as JSON and checked as [`Json`](crate::http::Json) checks a body;
    /// `None` when the client has closed the socket.
    ///
    /// A text that is not what is wanted is [`WsError::Json`], after which the socket goes on. A binary
    /// message closes it with [`UNSUPPORTED`](CloseCode::UNSUPPORTED).
    pub async fn recv_json<T>(&mut self) -> Option<Result<T, WsError>>
    where
        T: DeserializeOwned + JsonSchema + 'static,
    {
        match self.recv().await? {
            Ok(Message::Text(text)) => {
                Some(read_json(&text.into_bytes(), self.json_depth).map_err(WsError::Json))
            }
            Ok(Message::Close(_)) => None,
            Ok(_) => {
                let refused = WsError::Unsupported;
                if let Some(frame) = refused.farewell() {
                    // Where it is closed already, that has been said.
                    let _ = self.sender.send(Message::Close(frame)).await;
                }
                Some(Err(refused))
            }
            Err(error) => Some(Err(error)),
        }
    }
}
