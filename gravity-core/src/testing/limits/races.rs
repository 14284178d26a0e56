use std::sync::Arc;

use tokio::sync::Barrier;

use super::Bench;
use crate::limits::{Quota, Quotas, RateLimiter};

const CALLERS: usize = 64;

/// How many of all callers, half of them on each node, do the work `times` over with success.
async fn race<W, F>(limiters: &[Arc<dyn RateLimiter>; 2], times: usize, work: W) -> usize
where
    W: Fn(Arc<dyn RateLimiter>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = bool> + Send,
{
    let barrier = Arc::new(Barrier::new(CALLERS));
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let limiter = Arc::clone(&limiters[caller % 2]);
            let (barrier, work) = (Arc::clone(&barrier), work.clone());
            tokio::spawn(async move {
                barrier.wait().await;
                let mut allowed = 0;
                for _ in 0..times {
                    allowed += usize::from(work(Arc::clone(&limiter)).await);
                }
                allowed
            })
        })
        .collect();
    let mut allowed = 0;
    for caller in callers {
        allowed += caller.await.unwrap();
    }
    allowed
}

pub(super) async fn exactly_as_many_as_there_are(bench: &impl Bench) {
    // One unit in more than an hour: none comes back while the race lasts.
    for count in [1, 17, 100] {
        let quota = Quota::per_day(1).with_burst(count);
        let limiters = bench.limiters(quota.into()).await;
        let allowed =
            race(&limiters, 4, |limiter| async move { limiter.check("key", 1).await.allowed }).await;
        assert_eq!(allowed, count as usize);
    }
}

pub(super) async fn exactly_as_many_of_every_quota(bench: &impl Bench) {
    let quotas = [Quota::per_day(1).with_burst(40), Quota::per_day(2).with_burst(30)];
    let limiters = bench.limiters(Quotas::from(quotas)).await;
    let allowed = race(&limiters, 2, |limiter| async move { limiter.check("key", 3).await.allowed }).await;
    assert_eq!(allowed, 10);
    // The ten have taken thirty of the forty, and those refused nothing.
    let _ = limiters[0].refund("key", 10).await;
    assert_eq!(limiters[1].peek("key", 10).await.remaining, 10);
    assert!(limiters[1].check("key", 10).await.allowed);
}

pub(super) async fn failures_are_counted_and_successes_given_back(bench: &impl Bench) {
    let quota = Quota::per_day(1).with_burst(5);
    let limiters = bench.limiters(quota.into()).await;
    // Everybody has the right password: all get in, by fives, and nothing is counted in the end.
    let got_in = race(&limiters, 1, |limiter| async move {
        while !limiter.check("account", 1).await.allowed {
            tokio::task::yield_now().await;
        }
        let _ = limiter.refund("account", 1).await;
        true
    });
    assert_eq!(got_in.await, CALLERS);
    assert_eq!(limiters[0].peek("account", 1).await.remaining, 5);
    // Nobody has it: five guesses, and no more.
    let guesses = race(&limiters, 3, |limiter| async move { limiter.check("account", 1).await.allowed });
    assert_eq!(guesses.await, 5);
}
