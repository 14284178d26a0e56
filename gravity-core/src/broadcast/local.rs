//! [`LocalBroadcast`]: within one process.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::broadcast;

use super::{Broadcast, Received, Receiver};

/// Broadcasts within one process. A clone is another handle to the same topics.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), gravity_core::Error> {
/// use gravity_core::broadcast::{Broadcast, LocalBroadcast, Received};
///
/// let broadcast = LocalBroadcast::new(2);
/// let mut receiver = broadcast.subscribe("room_1").await?;
/// for text in ["one", "two", "three"] {
///     broadcast.send("room_1", text.into()).await?;
/// }
/// // It was too slow for three.
/// assert_eq!(receiver.next().await, Some(Received::Gap));
/// assert_eq!(receiver.next().await, Some(Received::Message("two".into())));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct LocalBroadcast {
    topics: Arc<Mutex<HashMap<String, broadcast::Sender<Received>>>>,
    capacity: usize,
}

impl LocalBroadcast {
    /// With room for so many messages of a topic that its slowest receiver has not heard, at least one. When
    /// there is no room the oldest give way, and that receiver hears of a gap. Rooms are rounded up to a power
    /// of two.
    pub fn new(capacity: usize) -> Self {
        Self { topics: Arc::default(), capacity: capacity.clamp(1, 1 << 20) }
    }

    /// Tells the receivers of every topic that they may have missed something.
    pub fn report_gap(&self) {
        for topic in self.topics().values() {
            // Nobody may be listening any more.
            let _ = topic.send(Received::Gap);
        }
    }

    /// Whether a topic has receivers.
    #[cfg(feature = "redis")]
    pub(super) fn is_heard(&self, topic: &str) -> bool {
        self.topics().get(topic).is_some_and(|sender| sender.receiver_count() > 0)
    }

    /// How many topics have receivers, or had some until lately.
    pub fn len(&self) -> usize {
        self.topics().len()
    }

    /// Whether there are no topics.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<String, broadcast::Sender<Received>>> {
        // Every change under the lock is a single call.
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for LocalBroadcast {
    /// Room for 256 messages a topic.
    fn default() -> Self {
        Self::new(256)
    }
}

#[async_trait]
impl Broadcast for LocalBroadcast {
    async fn send(&self, topic: &str, message: Bytes) -> Result<(), crate::Error> {
        let mut topics = self.topics();
        if let Some(sender) = topics.get(topic)
            && sender.send(Received::Message(message)).is_err()
        {
            // All its receivers are gone.
            topics.remove(topic);
        }
        Ok(())
    }

    async fn subscribe(&self, topic: &str) -> Result<Receiver, crate::Error> {
        let mut topics = self.topics();
        if let Some(sender) = topics.get(topic) {
            return Ok(Receiver::new(sender.subscribe()));
        }
        // A topic that nobody sends to is not found by its senders, so now and then it is looked for.
        if topics.len().is_power_of_two() {
            topics.retain(|_, sender| sender.receiver_count() > 0);
        }
        let (sender, receiver) = broadcast::channel(self.capacity);
        topics.insert(topic.to_owned(), sender);
        Ok(Receiver::new(receiver))
    }
}

impl fmt::Debug for LocalBroadcast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalBroadcast").field("topics", &self.len()).finish_non_exhaustive()
    }
}
