//! [`RedisBroadcast`]: the handle.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::hub::{self, Counters, Request};
use crate::Metrics;
use crate::broadcast::{Broadcast, Receiver};
use crate::redis::{Redis, cmd};

/// Broadcasts to every node whose handle to Redis has the same prefix. A clone is another handle to the same
/// topics.
///
/// A node has one connection for all its topics. When it was lost, or has not answered in time, the node
/// connects and subscribes again, and every receiver hears of a gap then: a message is either received or
/// lies in a gap. While the server cannot be reached, [`send`](Broadcast::send) and
/// [`subscribe`](Broadcast::subscribe) fail and receivers wait; that messages were missed is known when the
/// connection is back.
///
/// Receivers end when all handles are dropped, or the runtime in which the first one subscribed.
#[derive(Clone)]
pub struct RedisBroadcast {
    redis: Redis,
    capacity: usize,
    heartbeat: Duration,
    counters: Counters,
    hub: Arc<Mutex<Option<mpsc::UnboundedSender<Request>>>>,
}

impl RedisBroadcast {
    /// With room for 256 messages of a topic that its slowest receiver has not heard.
    pub fn new(redis: Redis) -> Self {
        Self {
            redis,
            capacity: 256,
            heartbeat: Duration::from_secs(5),
            counters: Counters::new(&Metrics::new()),
            hub: Arc::default(),
        }
    }

    /// With room for so many messages, as [`LocalBroadcast::new`](crate::broadcast::LocalBroadcast::new) has it.
    pub fn with_capacity(mut self, messages: usize) -> Self {
        self.capacity = messages;
        self
    }

    /// How often the server is asked whether it is still there; every 5 s by default. So long, and the time
    /// limit of the handle to Redis, may pass before a connection that went silent is known to be lost.
    pub fn with_heartbeat(mut self, heartbeat: Duration) -> Self {
        self.heartbeat = heartbeat.max(Duration::from_millis(10));
        self
    }

    /// Counts in `broadcast_sent_total`, `broadcast_received_total` and `broadcast_reconnects_total`.
    pub fn with_metrics(mut self, metrics: &Metrics) -> Self {
        self.counters = Counters::new(metrics);
        self
    }

    fn ask(&self, request: Request) {
        let mut hub = self.hub.lock().unwrap_or_else(PoisonError::into_inner);
        let request = match &*hub {
            Some(hub) => match hub.send(request) {
                Ok(()) => return,
                // It went with the runtime it ran in.
                Err(mpsc::error::SendError(request)) => request,
            },
            None => request,
        };
        let (sender, requests) = mpsc::unbounded_channel();
        tokio::spawn(hub::run(
            self.redis.clone(),
            requests,
            self.capacity,
            self.heartbeat,
            self.counters.clone(),
        ));
        // It has only just begun to listen. If the runtime ends at this moment, the caller's wait ends too.
        let _ = sender.send(request);
        *hub = Some(sender);
    }
}

#[async_trait]
impl Broadcast for RedisBroadcast {
    async fn send(&self, topic: &str, message: Bytes) -> Result<(), crate::Error> {
        let channel = hub::channel(&self.redis, topic);
        self.redis.query::<()>(cmd("PUBLISH").arg(channel).arg(&message[..])).await?;
        self.counters.sent.increment();
        Ok(())
    }

    async fn subscribe(&self, topic: &str) -> Result<Receiver, crate::Error> {
        let (reply, answer) = oneshot::channel();
        self.ask(Request { topic: topic.to_owned(), reply });
        answer.await.unwrap_or_else(|_| {
            Err(crate::Error::unavailable("broadcast.ended", "The runtime of this broadcast has ended."))
        })
    }
}

impl fmt::Debug for RedisBroadcast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisBroadcast").field("redis", &self.redis).finish_non_exhaustive()
    }
}
