//! The task that holds a node's connection and its topics.

use std::collections::HashSet;
use std::time::Duration;

use ::redis::aio::{PubSubSink, PubSubStream};
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior};

use crate::Metrics;
use crate::backoff::Backoff;
use crate::broadcast::{Broadcast as _, LocalBroadcast, Receiver};
use crate::metrics::{Counter, Description, Family};
use crate::redis::{Error, Redis};

const RECONNECT: Backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2)).keeping_half();

/// The most requests that are answered with one command.
const MAX_BATCH: usize = 256;

const SENT: Family<Counter, 0> = Family::counter("broadcast_sent_total", "Messages sent to all nodes.", &[]);
const RECEIVED: Family<Counter, 0> =
    Family::counter("broadcast_received_total", "Messages heard from all nodes.", &[]);
const RECONNECTS: Family<Counter, 0> =
    Family::counter("broadcast_reconnects_total", "Connections lost and made again.", &[]);

pub(crate) const FAMILIES: &[Description] =
    &[SENT.description(), RECEIVED.description(), RECONNECTS.description()];

pub(super) struct Request {
    pub(super) topic: String,
    pub(super) reply: oneshot::Sender<Result<Receiver, crate::Error>>,
}

#[derive(Clone)]
pub(super) struct Counters {
    pub(super) sent: Counter,
    received: Counter,
    reconnects: Counter,
}

impl Counters {
    pub(super) fn new(metrics: &Metrics) -> Self {
        Self {
            sent: SENT.of(metrics, []),
            received: RECEIVED.of(metrics, []),
            reconnects: RECONNECTS.of(metrics, []),
        }
    }
}

/// The channel of a topic.
pub(super) fn channel(redis: &Redis, topic: &str) -> String {
    redis.key(format_args!("broadcast:{topic}"))
}

/// Runs until nobody can ask any more.
pub(super) async fn run(
    redis: Redis,
    mut requests: mpsc::UnboundedReceiver<Request>,
    capacity: usize,
    heartbeat: Duration,
    counters: Counters,
) {
    let mut hub = Hub {
        prefix: channel(&redis, ""),
        redis,
        local: LocalBroadcast::new(capacity),
        topics: HashSet::new(),
        connection: None,
        has_gap: false,
        failures: 0,
        retry_at: Instant::now(),
        counters,
    };
    let mut beat = tokio::time::interval(heartbeat);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            count = requests.recv_many(&mut batch, MAX_BATCH) => {
                if count == 0 {
                    return;
                }
                hub.answer(batch.drain(..)).await;
            }
            message = next(&mut hub.connection) => hub.hear(message).await,
            () = tokio::time::sleep_until(hub.retry_at), if hub.is_wanted() => {
                if let Err(error) = hub.connect().await {
                    tracing::warn!(%error, "no broadcasts are heard: cannot connect to Redis");
                }
            }
            _ = beat.tick() => hub.beat().await,
        }
    }
}

/// The next message; `None` when the connection is lost. Waits for ever where there is none.
async fn next(connection: &mut Option<Connection>) -> Option<::redis::Msg> {
    match connection {
        Some(connection) => connection.stream.next().await,
        None => std::future::pending().await,
    }
}

struct Hub {
    redis: Redis,
    prefix: String,
    local: LocalBroadcast,
    /// What is subscribed to, or is to be again.
    topics: HashSet<String>,
    connection: Option<Connection>,
    /// Whether a connection was lost since receivers were last told.
    has_gap: bool,
    failures: u32,
    retry_at: Instant,
    counters: Counters,
}

struct Connection {
    sink: PubSubSink,
    stream: PubSubStream,
}

impl Hub {
    fn is_wanted(&self) -> bool {
        self.connection.is_none() && !self.topics.is_empty()
    }

    async fn answer(&mut self, requests: impl Iterator<Item = Request>) {
        let requests: Vec<_> = requests.collect();
        if self.connection.is_none()
            && let Err(error) = self.connect().await
        {
            tracing::debug!(%error, "cannot subscribe");
            for request in requests {
                let error =
                    crate::Error::unavailable("broadcast.unavailable", "Broadcasts cannot be heard now.");
                let _ = request.reply.send(Err(error));
            }
            return;
        }
        let mut fresh: Vec<&str> = Vec::new();
        for request in &requests {
            if !self.topics.contains(&request.topic) && !fresh.contains(&&*request.topic) {
                fresh.push(&request.topic);
            }
        }
        let subscribed = self.subscribe(&fresh).await;
        for request in requests {
            let answer = match &subscribed {
                Ok(()) => {
                    self.topics.insert(request.topic.clone());
                    self.local.subscribe(&request.topic).await
                }
                Err(_) => {
                    Err(crate::Error::unavailable("broadcast.unavailable", "Broadcasts cannot be heard now."))
                }
            };
            // Who asked may have gone; its topic is left by the next beat.
            let _ = request.reply.send(answer);
        }
    }

    /// Connects, subscribes to all topics, and tells receivers of the gap if there was a connection before.
    async fn connect(&mut self) -> Result<(), Error> {
        let result = self.try_connect().await;
        if result.is_ok() {
            self.failures = 0;
            if std::mem::take(&mut self.has_gap) {
                self.counters.reconnects.increment();
                self.local.report_gap();
            }
        } else {
            self.connection = None;
            self.failures = self.failures.saturating_add(1);
            self.retry_at = Instant::now() + RECONNECT.wait(self.failures);
        }
        result
    }

    async fn try_connect(&mut self) -> Result<(), Error> {
        let (sink, stream) = self.redis.pubsub().await?.split();
        self.connection = Some(Connection { sink, stream });
        let topics: Vec<String> = self.topics.iter().cloned().collect();
        for some in topics.chunks(MAX_BATCH) {
            self.subscribe(&some.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        }
        Ok(())
    }

    async fn subscribe(&mut self, topics: &[&str]) -> Result<(), Error> {
        if topics.is_empty() {
            return Ok(());
        }
        let channels = self.channels(topics);
        self.command(async |sink| sink.subscribe(&channels).await).await
    }

    fn channels(&self, topics: &[&str]) -> Vec<String> {
        topics.iter().map(|topic| format!("{}{topic}", self.prefix)).collect()
    }

    /// Sends a command on the connection, which is given up where that fails.
    async fn command(
        &mut self,
        send: impl AsyncFnOnce(&mut PubSubSink) -> ::redis::RedisResult<()>,
    ) -> Result<(), Error> {
        let Some(connection) = &mut self.connection else { return Err(Error::Timeout) };
        let result = match tokio::time::timeout(self.redis.timeout(), send(&mut connection.sink)).await {
            Ok(done) => done.map_err(Error::Lost),
            Err(_) => Err(Error::Timeout),
        };
        if result.is_err() {
            self.lose();
        }
        result
    }

    fn lose(&mut self) {
        self.connection = None;
        self.has_gap = true;
        self.retry_at = Instant::now();
    }

    async fn hear(&mut self, message: Option<::redis::Msg>) {
        let Some(message) = message else {
            self.lose();
            return;
        };
        let Some(topic) = message.get_channel_name().strip_prefix(&self.prefix) else { return };
        self.counters.received.increment();
        // It does not fail, and a topic without receivers is left by the next beat.
        let _ = self.local.send(topic, Bytes::copy_from_slice(message.get_payload_bytes())).await;
    }

    /// Leaves topics that nobody listens to, and asks whether the server is there.
    async fn beat(&mut self) {
        let unheard: Vec<String> =
            self.topics.iter().filter(|topic| !self.local.is_heard(topic)).cloned().collect();
        for topic in &unheard {
            self.topics.remove(topic);
        }
        if self.connection.is_none() {
            return;
        }
        let unheard: Vec<&str> = unheard.iter().map(String::as_str).collect();
        for some in unheard.chunks(MAX_BATCH) {
            let channels = self.channels(some);
            if self.command(async |sink| sink.unsubscribe(&channels).await).await.is_err() {
                return;
            }
        }
        if let Err(error) = self.command(async |sink| sink.ping().await).await {
            tracing::warn!(%error, "the connection for broadcasts went silent");
        }
    }
}
