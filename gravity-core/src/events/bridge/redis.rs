//! By Redis streams.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::{Delivery, Inlet, Outlet};
use crate::events::{CloudEvent, Failure, Start};
use crate::redis::{Redis, Script, cmd, milliseconds};

/// So many ids of a source are known as sent. Only what was sent in unfinished transactions is sent again, and that
/// is less: lanes times the largest batch.
const KNOWN: u32 = 16_384;

static SEND: Script = Script::new(
    "if redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
     redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 'event', ARGV[2])
     local last = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
     redis.call('ZADD', KEYS[2], tonumber(last[2] or '0') + 1, ARGV[1])
     local spare = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[4])
     if spare > 0 then redis.call('ZREMRANGEBYRANK', KEYS[2], 0, spare - 1) end
     return 1",
);

/// The holder of the lease reads, and nobody else. What was read and not settled comes first, whoever read it: all
/// of them are one consumer.
static RECEIVE: Script = Script::new(
    "local holder = redis.call('GET', KEYS[2])
     if holder and holder ~= ARGV[1] then return {} end
     redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
     local function read(from)
         return redis.pcall('XREADGROUP', 'GROUP', ARGV[3], 'reader', 'COUNT', ARGV[4],
             'STREAMS', KEYS[1], from)
     end
     local found = read('0')
     if found and found.err then
         if not string.find(found.err, 'NOGROUP') then return found end
         redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[3], ARGV[5], 'MKSTREAM')
         found = read('0')
     end
     if not found or #found[1][2] == 0 then found = read('>') end
     if not found then return {} end
     if found.err then return found end
     return found[1][2]",
);

static LEAVE: Script =
    Script::new("if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end");

/// Hands events to a Redis stream, each of them once: as structured `CloudEvents` in the field `event`.
///
/// The server has to write its changes to disk (`appendonly yes`) if events are not to be lost when it crashes.
#[derive(Debug, Clone)]
pub struct RedisOutlet {
    redis: Redis,
    stream: String,
    length: u64,
}

impl RedisOutlet {
    /// To the stream of this name, under the prefix of the handle.
    pub fn new(redis: Redis, stream: impl Into<String>) -> Self {
        Self { redis, stream: stream.into(), length: 1_000_000 }
    }

    /// About how many events the stream keeps; 1,000,000 by default. A reader that lags further behind loses
    /// events.
    #[must_use]
    pub fn with_length(mut self, events: u64) -> Self {
        self.length = events.max(1);
        self
    }
}

#[async_trait]
impl Outlet for RedisOutlet {
    async fn send(&self, event: &CloudEvent) -> Result<(), Failure> {
        let body = serde_json::to_string(event)?;
        let stream = self.redis.key(format_args!("stream:{}", self.stream));
        let seen = self.redis.key(format_args!("stream:{}:sent:{}", self.stream, event.source));
        self.redis.run::<()>(&SEND, &[&stream, &seen], (&event.id, body, self.length, KNOWN)).await?;
        Ok(())
    }
}

/// Takes events from a Redis stream for one group of nodes, each of which group gets all events.
///
/// One node of a group reads at a time, under a lease. When it dies another one goes on when the lease has ended, with
/// what was read and not settled.
#[derive(Debug)]
pub struct RedisInlet {
    redis: Redis,
    stream: String,
    group: String,
    holder: String,
    lease: Duration,
    start: Start,
}

impl RedisInlet {
    /// From the stream of this name under the prefix of the handle, for the group of this name. A group that the
    /// server does not know yet begins with the oldest event that the stream has.
    pub fn new(redis: Redis, stream: impl Into<String>, group: impl Into<String>) -> Self {
        Self {
            redis,
            stream: stream.into(),
            group: group.into(),
            holder: Uuid::now_v7().simple().to_string(),
            lease: Duration::from_secs(5),
            start: Start::Beginning,
        }
    }

    /// Where a group begins that the server does not know yet.
    #[must_use]
    pub fn starting(mut self, start: Start) -> Self {
        self.start = start;
        self
    }

    /// After how long without a sign of life another node may read; 5 s by default.
    #[must_use]
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    fn stream(&self) -> String {
        self.redis.key(format_args!("stream:{}", self.stream))
    }

    fn reader(&self) -> String {
        self.redis.key(format_args!("stream:{}:reader:{}", self.stream, self.group))
    }
}

#[async_trait]
impl Inlet for RedisInlet {
    async fn receive(&self, limit: usize) -> Result<Vec<Delivery>, crate::Error> {
        let start = match self.start {
            Start::Beginning => "0",
            Start::Now => "$",
        };
        let args = (&self.holder, milliseconds(self.lease), &self.group, limit, start);
        let found: Vec<(String, Option<Vec<String>>)> =
            self.redis.run(&RECEIVE, &[&self.stream(), &self.reader()], args).await?;
        Ok(found.into_iter().map(|(receipt, fields)| Delivery { receipt, event: event(fields) }).collect())
    }

    async fn settle(&self, receipts: &[String]) -> Result<(), crate::Error> {
        let mut acknowledge = cmd("XACK");
        acknowledge.arg(self.stream()).arg(&self.group).arg(receipts);
        self.redis.query::<u64>(&acknowledge).await?;
        Ok(())
    }

    async fn set_aside(&self, delivery: &Delivery, reason: &str) -> Result<(), crate::Error> {
        let aside = self.redis.key(format_args!("stream:{}:aside:{}", self.stream, self.group));
        let mut add = cmd("XADD");
        add.arg(aside).arg("MAXLEN").arg("~").arg(10_000).arg("*");
        add.arg("id").arg(&delivery.receipt).arg("reason").arg(reason);
        self.redis.query::<String>(&add).await?;
        self.settle(std::slice::from_ref(&delivery.receipt)).await
    }
}

/// The event in the fields of an entry.
fn event(fields: Option<Vec<String>>) -> Result<CloudEvent, String> {
    let fields = fields.ok_or("it was read once, and the stream was cut before it was settled")?;
    let body = fields.chunks_exact(2).find(|pair| pair[0] == "event").map(|pair| &pair[1]);
    CloudEvent::from_json(body.ok_or("it has no field `event`")?).map_err(|error| error.to_string())
}

/// Lets another node read at once. Where there is no runtime any more, the lease ends by itself.
impl Drop for RedisInlet {
    fn drop(&mut self) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (redis, reader) = (self.redis.clone(), self.reader());
            let holder = std::mem::take(&mut self.holder);
            runtime.spawn(async move {
                if let Err(error) = redis.run::<()>(&LEAVE, &[&reader], holder).await {
                    tracing::debug!(%error, "a reader has not left; its lease will end by itself");
                }
            });
        }
    }
}
