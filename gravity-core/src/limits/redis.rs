//! [`RedisLimiter`]: limits that all nodes share.

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::decision::{Decision, Step, sum_up};
use super::limiter::{Action, RateLimiter};
use super::memory::MemoryLimiter;
use super::metrics::OUTAGES;
use super::quota::{Pace, Quotas};
use crate::Metrics;
use crate::metrics::Counter;
use crate::redis::{Error, Redis, Script};
use crate::resilience::{Breaker, BreakerConfig};

/// One step at the server, by the server's clock. For each quota a value is kept: the time at which its bucket
/// will be full, as whole microseconds and parts of one, because the two together do not fit a number of Lua.
static ACT: Script = Script::new(include_str!("redis.lua"));

/// How long a decision may take unless it is said otherwise.
const TIMEOUT: Duration = Duration::from_millis(100);
/// A longer key is sent as its hash.
const LONGEST: usize = 64;

/// What a limiter says while Redis cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WhenDown {
    /// Nobody is let through: requests are answered 503. For what must not be tried without a limit, such as
    /// codes of a few digits.
    Deny,
    /// Everybody is let through.
    Allow,
    /// Each node counts for itself, with the same quotas: up to as many times the limit as there are nodes, and
    /// never none. What a node has counted so is forgotten when Redis is back.
    Memory,
}

/// Limits that all nodes share, in Redis.
///
/// A decision is one round trip and one step at the server, by the server's clock, so that it is exact over all
/// nodes whatever their own clocks say. What is kept for a key goes away by itself when its buckets are full.
/// Where the server's clock is set back, a bucket is no worse than empty.
///
/// What happens while Redis is down is chosen by [`WhenDown`]. A decision takes 100 ms at the most, and after 3 in a
/// row that failed Redis is not asked for a second, so that a dead server does not hold requests up.
///
/// ```no_run
/// use gravity_core::limits::{Quota, RedisLimiter, WhenDown};
/// use gravity_core::redis::{Redis, RedisConfig};
///
/// # fn main() -> Result<(), gravity_core::redis::Error> {
/// let redis = Redis::new(RedisConfig::new("redis://localhost:6379"))?;
/// let login = RedisLimiter::new(redis, "login", Quota::per_minute(5), WhenDown::Memory);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RedisLimiter {
    redis: Redis,
    prefix: String,
    name: &'static str,
    quotas: Quotas,
    paces: Vec<Pace>,
    when_down: WhenDown,
    fallback: Option<MemoryLimiter>,
    timeout: Duration,
    breaker: Breaker,
    outages: Option<Counter>,
}

impl RedisLimiter {
    /// A limiter with these quotas. Limiters of one name and the same quotas count together; other quotas
    /// begin anew.
    pub fn new(redis: Redis, name: &'static str, quotas: impl Into<Quotas>, when_down: WhenDown) -> Self {
        let quotas = quotas.into();
        let paces = quotas.paces();
        let prefix = redis.key(format_args!("limit:{name}:{}:", fingerprint(&paces)));
        let fallback = (when_down == WhenDown::Memory).then(|| MemoryLimiter::new(quotas.clone()));
        let rules =
            BreakerConfig::new().with_failures(3).with_trials(1).with_open_time(Duration::from_secs(1));
        Self {
            redis,
            prefix,
            name,
            quotas,
            paces,
            when_down,
            fallback,
            timeout: TIMEOUT,
            breaker: Breaker::new("redis limits", rules),
            outages: None,
        }
    }

    /// How long a decision may take before it counts as an outage (100 ms).
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Counts `rate_limit_outages_total{limit}`: decisions that were made without Redis.
    #[must_use]
    pub fn with_metrics(mut self, metrics: &Metrics) -> Self {
        self.outages = Some(OUTAGES.of(metrics, [self.name]));
        self
    }

    async fn ask(&self, key: &str, action: Action, cost: u32) -> Option<Decision> {
        let ticket = self.breaker.admit().ok()?;
        let name = self.name_of(key);
        let keys = [name.as_str()];
        let asking = self.redis.run::<Vec<i64>>(&ACT, &keys, self.arguments(action, cost));
        let answer = tokio::time::timeout(self.timeout, asking).await.unwrap_or(Err(Error::Timeout));
        match answer {
            Ok(numbers) => {
                ticket.succeeded();
                Some(self.read(&numbers, cost))
            }
            Err(error) => {
                ticket.failed();
                tracing::debug!(limit = self.name, %error, "a rate limit cannot reach Redis");
                None
            }
        }
    }

    fn name_of(&self, key: &str) -> String {
        // The letter keeps a short key apart from the hash of a long one.
        if key.len() <= LONGEST {
            format!("{}k{key}", self.prefix)
        } else {
            format!("{}h{}", self.prefix, URL_SAFE_NO_PAD.encode(Sha256::digest(key)))
        }
    }

    fn arguments(&self, action: Action, cost: u32) -> Vec<i64> {
        let whole = |ticks: u64| i64::try_from(ticks).unwrap_or(i64::MAX);
        let mut arguments = vec![match action {
            Action::Check => 1,
            Action::Peek => 2,
            Action::Charge => 3,
            Action::Refund => 4,
        }];
        for pace in &self.paces {
            let cost = pace.cost(cost);
            let ticks = cost.unwrap_or_default();
            let parts = pace.parts;
            arguments.extend([parts, pace.full / parts, pace.full % parts].map(whole));
            arguments.extend([u64::from(cost.is_some()), ticks / parts, ticks % parts].map(whole));
        }
        arguments
    }

    fn read(&self, numbers: &[i64], cost: u32) -> Decision {
        let steps = self.paces.iter().zip(numbers.chunks_exact(3)).map(|(pace, numbers)| {
            let number = |at: usize| u64::try_from(numbers[at]).unwrap_or_default();
            let debt = number(1).saturating_mul(pace.parts).saturating_add(number(2));
            Step { allowed: number(0) == 1, debt }
        });
        sum_up(&self.quotas, &self.paces, cost, steps)
    }

    fn without(&self, key: &str, action: Action, cost: u32) -> Decision {
        if let Some(outages) = &self.outages {
            outages.increment();
        }
        if let Some(fallback) = &self.fallback {
            return fallback.act_now(key, action, cost);
        }
        let allowed = self.when_down == WhenDown::Allow;
        Decision::outage(&self.quotas, allowed, Duration::from_secs(1))
    }
}

/// What tells quotas from others, so that a change of them does not read what was kept for those of before.
fn fingerprint(paces: &[Pace]) -> String {
    let mut hash = Sha256::new();
    for pace in paces {
        for number in [pace.step, pace.parts, pace.full] {
            hash.update(number.to_be_bytes());
        }
    }
    URL_SAFE_NO_PAD.encode(&hash.finalize()[..6])
}

#[async_trait]
impl RateLimiter for RedisLimiter {
    fn quotas(&self) -> &Quotas {
        &self.quotas
    }

    async fn act(&self, key: &str, action: Action, cost: u32) -> Decision {
        match self.ask(key, action, cost).await {
            Some(decision) => decision,
            None => self.without(key, action, cost),
        }
    }
}
