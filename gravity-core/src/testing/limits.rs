//! The suite of a rate limiter: run it on every limiter, and on one of your own.
//!
//! ```
//! # #[tokio::main(flavor = "multi_thread", worker_threads = 2)]
//! # async fn main() {
//! use gravity_core::testing::limits::{MemoryBench, suite};
//!
//! suite(|| async { MemoryBench::new() }).await;
//! # }
//! ```

mod counting;
mod keys;
mod races;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::limits::{MemoryLimiter, Quotas, RateLimiter};
use crate::{TestClock, Timestamp};

/// What the suite needs of a limiter: one that is empty, reached in two ways, and time that passes.
#[async_trait]
pub trait Bench: Send + Sync {
    /// A limiter with these quotas that nobody has used yet, as two nodes hold it: they count together.
    async fn limiters(&self, quotas: Quotas) -> [Arc<dyn RateLimiter>; 2];

    /// Lets this time pass for the limiters, or a little more.
    async fn pass(&self, time: Duration);
}

/// Limiters in memory, on a clock that the suite moves.
#[derive(Debug)]
pub struct MemoryBench(TestClock);

impl MemoryBench {
    /// A bench whose clock shows some time of no meaning.
    #[expect(clippy::new_without_default, reason = "a bench is made where it is used")]
    pub fn new() -> Self {
        Self(TestClock::at(Timestamp::UNIX_EPOCH))
    }
}

#[async_trait]
impl Bench for MemoryBench {
    async fn limiters(&self, quotas: Quotas) -> [Arc<dyn RateLimiter>; 2] {
        let limiter: Arc<dyn RateLimiter> = Arc::new(MemoryLimiter::new(quotas).with_clock(self.0.clock()));
        [Arc::clone(&limiter), limiter]
    }

    async fn pass(&self, time: Duration) {
        self.0.advance(time);
    }
}

/// Runs everything that a limiter must do, each part on a fresh bench. It wants a runtime of several threads.
///
/// # Panics
///
/// When the limiter does something else.
pub async fn suite<B: Bench, F: Future<Output = B>>(fresh: impl Fn() -> F) {
    counting::units_go_one_by_one_and_come_back(&fresh().await).await;
    counting::a_burst_may_be_smaller_or_larger_than_the_count(&fresh().await).await;
    counting::a_cost_is_taken_whole_or_not_at_all(&fresh().await).await;
    counting::the_strictest_of_several_quotas_answers(&fresh().await).await;
    counting::a_peek_takes_nothing(&fresh().await).await;
    counting::a_charge_is_taken_in_any_case_and_locks_nobody_out(&fresh().await).await;
    counting::what_is_given_back_is_there_again(&fresh().await).await;
    keys::keys_do_not_touch_each_other(&fresh().await).await;
    races::exactly_as_many_as_there_are(&fresh().await).await;
    races::exactly_as_many_of_every_quota(&fresh().await).await;
    races::failures_are_counted_and_successes_given_back(&fresh().await).await;
}
