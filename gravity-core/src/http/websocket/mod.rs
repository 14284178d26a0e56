//! WebSockets: one implementation over the upgraded connection, the same on every host.
//!
//! A handler takes a [`WebSocketUpgrade`], sets what it wants to, and answers with
//! [`on_upgrade`](WebSocketUpgrade::on_upgrade). The guide `docs/guides/websockets.md` shows the whole.

mod close;
mod driver;
mod error;
mod handshake;
mod message;
mod metered;
mod origin;
mod settings;
mod socket;
mod task;
mod timers;
mod upgrade;

pub use close::{CloseCode, CloseFrame};
pub use error::WsError;
pub use message::{Message, Text};
pub use socket::{WebSocket, WebSocketReceiver, WebSocketSender};
pub use task::Outcome;
pub use upgrade::{Upgrading, WebSocketUpgrade};

#[cfg(doctest)]
#[doc = include_str!("../../../../docs/guides/websockets.md")]
struct Guide;
