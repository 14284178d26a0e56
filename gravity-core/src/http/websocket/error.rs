//! [`WsError`]: what goes wrong on a socket.

use std::io;

use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::ProtocolError;

use super::close::{CloseCode, CloseFrame};
use crate::http::Problem;

/// What goes wrong on a socket. All but [`Json`](Self::Json) end it; the client has been told by then,
/// where it can be told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WsError {
    /// The socket is closed.
    #[error("the socket is closed")]
    Closed,
    /// The server shuts down.
    #[error("the server shuts down")]
    GoingAway,
    /// The connection ended without a close frame.
    #[error("the connection was lost")]
    Lost(#[source] io::Error),
    /// The client broke the rules of the protocol.
    #[error("the client broke the protocol: {0}")]
    Protocol(String),
    /// A text message was not UTF-8.
    #[error("a text message is not UTF-8")]
    NotUtf8,
    /// A message was larger than it may be.
    #[error("a message is larger than its limit")]
    TooBig,
    /// Nothing was heard of the client for too long, or it took nothing of what was sent to it.
    #[error("the client is silent")]
    TimedOut,
    /// A binary message came where JSON is read.
    #[error("a binary message came where text is read")]
    Unsupported,
    /// A message could not be read as JSON of the wanted kind, or a value could not be written as
    /// JSON. The socket is still open: whether that ends it, the handler decides.
    #[error("a message is not the JSON that is wanted: {}", .0.kind().title)]
    Json(Problem),
}

impl WsError {
    /// What the protocol's reader ended with.
    pub(crate) fn of_reading(error: Error) -> Self {
        match error {
            Error::Capacity(_) => Self::TooBig,
            Error::Utf8(_) => Self::NotUtf8,
            Error::Io(error) => Self::Lost(error),
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
                Self::Lost(io::ErrorKind::UnexpectedEof.into())
            }
            Error::ConnectionClosed | Error::AlreadyClosed => Self::Closed,
            other => Self::Protocol(other.to_string()),
        }
    }

    /// What the client is told; nothing where it cannot be told anything.
    pub(crate) fn farewell(&self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Closed | Self::Lost(_) => return None,
            Self::GoingAway => (CloseCode::GOING_AWAY, "the server shuts down"),
            Self::Protocol(_) => (CloseCode::PROTOCOL_ERROR, "protocol error"),
            Self::NotUtf8 => (CloseCode::INVALID, "not UTF-8"),
            Self::Json(_) => (CloseCode::INVALID, "not the JSON that is wanted"),
            Self::TooBig => (CloseCode::TOO_BIG, "the message is too big"),
            Self::TimedOut => (CloseCode::GOING_AWAY, "nothing was heard of you"),
            Self::Unsupported => (CloseCode::UNSUPPORTED, "text is wanted"),
        };
        Some(CloseFrame::new(code, reason))
    }
}
