//! [`RateLimiter`]: what every limiter does.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::decision::Decision;
use super::quota::Quotas;

/// What is done to the bucket of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Takes the cost if it is there; takes nothing if it is not.
    Check,
    /// Says what a check would say, and takes nothing.
    Peek,
    /// Takes the cost whether it is there or not; never more than empties the bucket.
    Charge,
    /// Gives the cost back; never more than fills the bucket.
    Refund,
}

/// Counts by key, and says whether there is still something left.
///
/// **The contract.** Each action is atomic: of requests that race for the last units, exactly as many are let
/// through as there are units, over all nodes that share the limiter. A check that is refused takes nothing from
/// any quota. Keys do not touch each other. A limiter that cannot do its work answers what it was told to
/// answer then, within a short time; it never fails and never makes a request wait.
///
/// [`testing::limits`](crate::testing::limits) checks it on an implementation of your own.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use gravity_core::limits::{MemoryLimiter, Quota, RateLimiter};
///
/// let limiter = MemoryLimiter::new(Quota::per_minute(2));
/// assert!(limiter.check("ada", 1).await.allowed);
/// assert!(limiter.check("ada", 1).await.allowed);
/// let refused = limiter.check("ada", 1).await;
/// assert!(!refused.allowed && refused.retry_after.unwrap().as_secs() <= 30);
/// assert!(limiter.check("grace", 1).await.allowed);
/// # }
/// ```
#[async_trait]
pub trait RateLimiter: fmt::Debug + Send + Sync + 'static {
    /// The quotas it keeps.
    fn quotas(&self) -> &Quotas;

    /// Does this to the buckets of a key: to all of its quotas, or to none. Of a cost of 0 a check is a peek.
    async fn act(&self, key: &str, action: Action, cost: u32) -> Decision;

    /// Takes so much if it is there.
    async fn check(&self, key: &str, cost: u32) -> Decision {
        self.act(key, Action::Check, cost).await
    }

    /// Looks whether so much is there.
    async fn peek(&self, key: &str, cost: u32) -> Decision {
        self.act(key, Action::Peek, cost).await
    }

    /// Counts what has happened already.
    async fn charge(&self, key: &str, cost: u32) -> Decision {
        self.act(key, Action::Charge, cost).await
    }

    /// Takes back what was counted and shall not count.
    ///
    /// A limit on failures checks first and gives back on success: so of a hundred that race, no more are tried
    /// than the quota has. To look first and charge after the failure lets all hundred try.
    async fn refund(&self, key: &str, cost: u32) -> Decision {
        self.act(key, Action::Refund, cost).await
    }
}

#[async_trait]
impl<L: RateLimiter + ?Sized> RateLimiter for Arc<L> {
    fn quotas(&self) -> &Quotas {
        (**self).quotas()
    }

    async fn act(&self, key: &str, action: Action, cost: u32) -> Decision {
        (**self).act(key, action, cost).await
    }
}
