//! [`Driver`]: the network's end of a socket, which keeps it alive, bounded and polite.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Wire;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_util::sync::PollSender;

use super::close::{CloseCode, CloseFrame};
use super::error::WsError;
use super::message::Message;
use super::metered::Metered;
use super::settings::Settings;
use super::socket::Ends;
use super::timers::Timers;
use crate::http::upgrade::Upgraded;

type Received = Result<Message, WsError>;

pub(crate) struct Driver {
    io: WebSocketStream<Metered<Upgraded>>,
    to_send: mpsc::Receiver<Message>,
    received: PollSender<Received>,
    /// A message that the handler has no room for: until it has, no more is read.
    waiting: Option<Received>,
    /// Whether something is written and not flushed.
    unflushed: bool,
    timers: Timers,
    settings: Settings,
}

/// Why a socket ends.
#[derive(Debug)]
pub(crate) enum End {
    /// The client has said so.
    Client(CloseFrame),
    /// The handler says so.
    Handler(CloseFrame),
    /// It cannot go on.
    Failed(WsError),
}

impl Driver {
    pub(crate) async fn new(io: Upgraded, settings: Settings, ends: Ends) -> Self {
        let config = settings.protocol();
        Self {
            io: WebSocketStream::from_raw_socket(Metered::new(io), Role::Server, Some(config)).await,
            to_send: ends.to_send,
            received: PollSender::new(ends.received),
            waiting: None,
            unflushed: false,
            timers: Timers::new(&settings),
            settings,
        }
    }

    /// Runs the socket to its end. `ended` is an end that comes from elsewhere.
    pub(crate) async fn run(mut self, ended: impl Future<Output = End>) {
        let end = tokio::select! {
            biased;
            end = ended => end,
            end = poll_fn(|cx| self.poll_open(cx)) => end,
        };
        self.to_send.close();
        let Self { io, to_send, received, waiting, settings, .. } = self;
        let (farewell, last) = match end {
            End::Client(frame) => (None, Some(Ok(Message::Close(frame)))),
            End::Handler(frame) => (Some(frame), None),
            End::Failed(WsError::Lost(error)) => {
                drop(io);
                return deliver(received, waiting, Some(Err(WsError::Lost(error)))).await;
            }
            End::Failed(error) => (error.farewell(), Some(Err(error))),
        };
        let broken = matches!(last, Some(Err(WsError::Protocol(_) | WsError::NotUtf8 | WsError::TooBig)));
        let closing = async {
            // A client that does not answer in time is left to itself.
            let _ = timeout(settings.close, finish(io, to_send, farewell, broken)).await;
        };
        futures_util::future::join(deliver(received, waiting, last), closing).await;
    }

    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        if let Poll::Ready(end) = self.poll_send(cx) {
            return Poll::Ready(end);
        }
        if let Poll::Ready(end) = self.poll_receive(cx) {
            return Poll::Ready(end);
        }
        let io = self.io.get_ref();
        self.timers.note(io.read, io.written, self.waiting.is_some(), self.unflushed);
        self.timers.poll(cx).map(End::Failed)
    }

    /// What the handler sends goes out, as far as the client takes it.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        let mut io = Pin::new(&mut self.io);
        loop {
            match io.as_mut().poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(End::Failed(WsError::of_reading(error))),
                // What the protocol has buffered is more than it keeps, and the client does not read.
                Poll::Pending => return Poll::Pending,
            }
            let message = if self.timers.ping_is_due() {
                Wire::Ping(Bytes::new())
            } else {
                match self.to_send.poll_recv(cx) {
                    Poll::Ready(Some(Message::Close(frame))) => return Poll::Ready(End::Handler(frame)),
                    Poll::Ready(Some(message)) => message.into_wire(),
                    Poll::Ready(None) => return Poll::Ready(End::Handler(let_go())),
                    Poll::Pending => break,
                }
            };
            self.unflushed = true;
            if let Err(error) = io.as_mut().start_send(message) {
                return Poll::Ready(End::Failed(WsError::of_reading(error)));
            }
        }
        if self.unflushed {
            match ready!(io.poll_flush(cx)) {
                Ok(()) => self.unflushed = false,
                Err(error) => return Poll::Ready(End::Failed(WsError::of_reading(error))),
            }
        }
        Poll::Pending
    }

    /// What the client sends goes to the handler, as far as that takes it.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        loop {
            if self.waiting.is_some() {
                // Where nobody receives any more, messages are read all the same: a pong may be next.
                let room = ready!(self.received.poll_reserve(cx));
                if let (Some(message), Ok(())) = (self.waiting.take(), room) {
                    // The room has just been reserved.
                    let _ = self.received.send_item(message);
                }
            }
            match ready!(Pin::new(&mut self.io).poll_next(cx)) {
                Some(Ok(Wire::Text(text))) => {
                    self.waiting = Some(Ok(Message::Text(super::message::Text(text))));
                }
                Some(Ok(Wire::Binary(bytes))) => self.waiting = Some(Ok(Message::Binary(bytes))),
                Some(Ok(Wire::Close(frame))) => {
                    return Poll::Ready(End::Client(CloseFrame::from_wire(frame)));
                }
                // The protocol answers pings when it reads on, which it does now.
                Some(Ok(Wire::Ping(_) | Wire::Pong(_) | Wire::Frame(_))) => {}
                Some(Err(error)) => return Poll::Ready(End::Failed(WsError::of_reading(error))),
                None => {
                    let error = io::Error::from(io::ErrorKind::UnexpectedEof);
                    return Poll::Ready(End::Failed(WsError::Lost(error)));
                }
            }
        }
    }
}

/// What a handler says that lets go of a socket without a word.
fn let_go() -> CloseFrame {
    CloseFrame::new(CloseCode::GOING_AWAY, "")
}

/// Hands over what the handler has yet to see. It may take its time.
async fn deliver(received: PollSender<Received>, waiting: Option<Received>, last: Option<Received>) {
    let mut received = received;
    for message in [waiting, last].into_iter().flatten() {
        if received.send(message).await.is_err() {
            return;
        }
    }
}

/// The closing handshake, as far as the client takes part.
async fn finish(
    mut io: WebSocketStream<Metered<Upgraded>>,
    mut to_send: mpsc::Receiver<Message>,
    farewell: Option<CloseFrame>,
    broken: bool,
) {
    if let Some(farewell) = farewell {
        let mut close = Message::Close(farewell);
        // What the handler has sent before goes before; its own word is the last.
        while let Ok(message) = to_send.try_recv() {
            if matches!(message, Message::Close(_)) {
                close = message;
                break;
            }
            if io.feed(message.into_wire()).await.is_err() {
                return;
            }
        }
        if io.send(close.into_wire()).await.is_err() {
            return;
        }
    }
    // Reading on sends the answer to the client's close, or waits for the answer to ours. What else
    // the client has sent meanwhile is of no interest; after an error it cannot be understood.
    while !broken && matches!(io.next().await, Some(Ok(_))) {}
    // Closing while there is something unread makes TCP reset the connection, and the client may
    // lose our last word: so half of it is closed, and the rest read.
    let io = io.get_mut();
    if io.shutdown().await.is_ok() {
        let mut thrown_away = [0; 1024];
        while matches!(io.read(&mut thrown_away).await, Ok(1..)) {}
    }
}
