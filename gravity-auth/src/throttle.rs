//! [`Throttles`]: how often somebody may try.

use std::sync::Arc;

use gravity_core::Clock;
use gravity_core::limits::{MemoryLimiter, Quota, Quotas, RateLimiter};

use crate::service::API_KEY_UNITS;

/// How often somebody may try. Each limit counts by a key that shows neither addresses nor names.
///
/// No limit locks an account for good: each lets somebody through again after a while. While one holds an account
/// against the whole world, whoever comes from where its user is signed in already is not held; nor is who follows
/// a link or types a code that was sent to them.
#[derive(Debug, Clone)]
pub struct Throttles {
    /// Failed sign-ins of one account from one network.
    pub sign_in: Arc<dyn RateLimiter>,
    /// Failed sign-ins of one account from anywhere.
    pub account: Arc<dyn RateLimiter>,
    /// Failed sign-ins and codes from one network.
    pub network: Arc<dyn RateLimiter>,
    /// Requests for mail to one address, from one network.
    pub mail: Arc<dyn RateLimiter>,
    /// Requests for mail to one address, from anywhere: more than from one network, so that nobody takes another's mail
    /// away by asking for it.
    pub mailbox: Arc<dyn RateLimiter>,
    /// Requests for mail, and sign-ups, from one network.
    pub requests: Arc<dyn RateLimiter>,
    /// Requests by one API key: 600,000 units for what it may do in a minute, of which each takes its share.
    pub api_keys: Arc<dyn RateLimiter>,
}

impl Throttles {
    /// The default limits, counted by this process.
    pub fn in_memory(clock: &Clock) -> Self {
        Self::of(|_, quotas| Arc::new(MemoryLimiter::new(quotas).with_clock(clock.clone())))
    }

    /// The default limits, counted by all nodes together. Without Redis each counts for itself, which is counted as
    /// [`RedisLimiter::with_metrics`](gravity_core::limits::RedisLimiter::with_metrics) says.
    #[cfg(feature = "redis")]
    pub fn in_redis(redis: &gravity_core::redis::Redis, metrics: &gravity_core::Metrics) -> Self {
        use gravity_core::limits::{RedisLimiter, WhenDown};
        Self::of(|name, quotas| {
            let limiter = RedisLimiter::new(redis.clone(), name, quotas, WhenDown::Memory);
            Arc::new(limiter.with_metrics(metrics))
        })
    }

    fn of(limiter: impl Fn(&'static str, Quotas) -> Arc<dyn RateLimiter>) -> Self {
        Self {
            sign_in: limiter("auth.sign_in", [Quota::per_minute(5), Quota::per_hour(20)].into()),
            account: limiter("auth.account", [Quota::per_hour(60), Quota::per_day(300)].into()),
            network: limiter("auth.network", [Quota::per_minute(30), Quota::per_hour(300)].into()),
            mail: limiter("auth.mail", [Quota::per_hour(5), Quota::per_day(20)].into()),
            mailbox: limiter("auth.mailbox", [Quota::per_hour(20), Quota::per_day(40)].into()),
            requests: limiter("auth.requests", [Quota::per_minute(20), Quota::per_hour(100)].into()),
            api_keys: limiter("auth.api_keys", Quota::per_minute(API_KEY_UNITS).into()),
        }
    }
}
