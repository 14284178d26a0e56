//! [`CacheConfig`]: how large a cache is, and how long it keeps things.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::broadcast::Broadcast;
#[cfg(feature = "redis")]
use crate::redis::Redis;
use crate::{Clock, Metrics};

/// How large a cache is, how long it keeps things, and what it works with. See the [module](super) for defaults.
#[derive(Clone)]
#[must_use]
pub struct CacheConfig {
    pub(super) name: Arc<str>,
    pub(super) entries: usize,
    pub(super) ttl: Duration,
    pub(super) negative_ttl: Duration,
    pub(super) stale: Duration,
    #[cfg(feature = "redis")]
    pub(super) wait: Duration,
    #[cfg(feature = "redis")]
    pub(super) redis: Option<Redis>,
    #[cfg(feature = "redis")]
    pub(super) redis_ttl: Duration,
    #[cfg(feature = "redis")]
    pub(super) redis_timeout: Duration,
    #[cfg(feature = "redis")]
    pub(super) redis_pause: Duration,
    #[cfg(feature = "redis")]
    pub(super) form: u32,
    pub(super) broadcast: Option<Arc<dyn Broadcast>>,
    pub(super) clock: Clock,
    pub(super) metrics: Metrics,
}

impl CacheConfig {
    /// A cache in the process alone. All nodes call the same cache by the same name: 1 to 64 of `a` to `z`,
    /// `0` to `9`, `_`, `-` and `.`, which is a label of its metrics too.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            entries: 1_000,
            ttl: Duration::from_mins(5),
            negative_ttl: Duration::from_secs(30),
            stale: Duration::ZERO,
            #[cfg(feature = "redis")]
            wait: Duration::from_secs(2),
            #[cfg(feature = "redis")]
            redis: None,
            #[cfg(feature = "redis")]
            redis_ttl: Duration::from_mins(10),
            #[cfg(feature = "redis")]
            redis_timeout: Duration::from_millis(100),
            #[cfg(feature = "redis")]
            redis_pause: Duration::from_secs(2),
            #[cfg(feature = "redis")]
            form: 1,
            broadcast: None,
            clock: Clock::system(),
            metrics: Metrics::new(),
        }
    }

    /// At most so many entries in the process. Those that are used least give way.
    pub fn with_entries(mut self, entries: usize) -> Self {
        self.entries = entries.max(1);
        self
    }

    /// How long an entry is kept in the process. Up to a tenth is taken off by chance, so that entries made
    /// together do not end together.
    pub fn with_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// How long it is kept that there is nothing, on every level.
    pub fn with_negative_ttl(mut self, ttl: Duration) -> Self {
        self.negative_ttl = ttl;
        self
    }

    /// For so long after its time, [`Cache::get_or_revalidate`](super::Cache::get_or_revalidate) still serves
    /// an entry while a new value is loaded in the background.
    pub fn with_stale(mut self, stale: Duration) -> Self {
        self.stale = stale;
        self
    }

    /// How long a caller waits for another node's loader.
    #[cfg(feature = "redis")]
    pub fn with_wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// Keeps entries in Redis too, where the other nodes find them.
    #[cfg(feature = "redis")]
    pub fn with_redis(mut self, redis: Redis) -> Self {
        self.redis = Some(redis);
        self
    }

    /// How long an entry is kept in Redis.
    #[cfg(feature = "redis")]
    pub fn with_redis_ttl(mut self, ttl: Duration) -> Self {
        self.redis_ttl = ttl;
        self
    }

    /// How long Redis may take to answer, and how long it is left alone when it did not three times in a row.
    #[cfg(feature = "redis")]
    pub fn with_redis_limits(mut self, timeout: Duration, pause: Duration) -> Self {
        (self.redis_timeout, self.redis_pause) = (timeout, pause);
        self
    }

    /// Counts the changes of the values' form that old releases cannot read, from 1. An entry of another form
    /// is a miss, as is one that is no value of this type.
    #[cfg(feature = "redis")]
    pub fn with_form(mut self, form: u32) -> Self {
        self.form = form;
        self
    }

    /// Tells the other nodes what is invalidated, and hears of it from them.
    pub fn with_broadcast(mut self, broadcast: Arc<dyn Broadcast>) -> Self {
        self.broadcast = Some(broadcast);
        self
    }

    /// By this clock entries of the process end. Those of Redis end by its own.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Counts in `cache_hits_total` and `cache_misses_total` by cache and level, `cache_stale_total`,
    /// `cache_loads_total`, `cache_load_errors_total`, `cache_redis_errors_total` and `cache_gaps_total` by
    /// cache.
    pub fn with_metrics(mut self, metrics: &Metrics) -> Self {
        self.metrics = metrics.clone();
        self
    }
}

impl fmt::Debug for CacheConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheConfig")
            .field("name", &self.name)
            .field("entries", &self.entries)
            .field("ttl", &self.ttl)
            .finish_non_exhaustive()
    }
}
