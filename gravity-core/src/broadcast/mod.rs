//! Broadcasts: messages to whoever listens at the moment, and to nobody else.
//!
//! For what is worth nothing later, such as who is typing, or that a cache entry is stale. Nothing is kept, and a
//! receiver that is slow or was cut off is told that it missed something, so that it can look for itself. What
//! must arrive is an event (see [`events`](crate::events)).

mod local;
mod receiver;
#[cfg(feature = "redis")]
mod redis;
mod topic;

pub use local::LocalBroadcast;
pub use receiver::{Received, Receiver};
#[cfg(feature = "redis")]
pub(crate) use redis::FAMILIES;
#[cfg(feature = "redis")]
pub use redis::RedisBroadcast;
pub use topic::{Topic, TopicReceived, TopicReceiver};

use async_trait::async_trait;
use bytes::Bytes;

/// Sends messages to whoever listens: in this process, or on every node.
///
/// Messages of one sender on one topic arrive in their order, at most once. An implementation that loses its
/// connection reports a gap to every receiver when it has it back.
#[async_trait]
pub trait Broadcast: Send + Sync + 'static {
    /// Sends a message to the receivers of a topic, this process's own among them.
    async fn send(&self, topic: &str, message: Bytes) -> Result<(), crate::Error>;

    /// Receives what is sent on a topic from when this returns.
    async fn subscribe(&self, topic: &str) -> Result<Receiver, crate::Error>;
}
