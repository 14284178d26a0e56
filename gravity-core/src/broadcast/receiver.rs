//! [`Receiver`]: one who listens.

use bytes::Bytes;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// What a receiver hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// A message.
    Message(Bytes),
    /// Messages were missed here: the receiver was too slow, or the connection was lost for a while. What
    /// follows is complete again.
    Gap,
}

/// One who listens to a topic. Dropping it ends that.
#[derive(Debug)]
pub struct Receiver(broadcast::Receiver<Received>);

impl Receiver {
    /// One that hears what is sent on this channel. An implementation sends [`Received::Gap`] on it when it
    /// has lost its connection for a while.
    pub fn new(channel: broadcast::Receiver<Received>) -> Self {
        Self(channel)
    }

    /// Waits for the next message or gap; `None` when the sender is gone for good.
    ///
    /// Nothing is lost when the future is dropped before it ends.
    pub async fn next(&mut self) -> Option<Received> {
        match self.0.recv().await {
            Ok(received) => Some(received),
            Err(RecvError::Lagged(_)) => Some(Received::Gap),
            Err(RecvError::Closed) => None,
        }
    }
}
