use std::time::Duration;

use super::Bench;
use crate::limits::{Quota, Quotas};

pub(super) async fn units_go_one_by_one_and_come_back(bench: &impl Bench) {
    let second = Duration::from_secs(1);
    let [limiter, other] = bench.limiters(Quota::new(2, second / 2).unwrap().into()).await;
    let first = limiter.check("key", 1).await;
    assert!(first.allowed && !first.outage);
    assert_eq!((first.remaining, first.retry_after), (1, None));
    assert!(first.reset > Duration::ZERO && first.reset <= second / 4);
    let last = other.check("key", 1).await;
    assert!(last.allowed, "{last:?}");
    // On a server's clock some time has passed; a quarter of a second brings one unit.
    let mut refused = limiter.check("key", 1).await;
    for _ in 0..100 {
        if !refused.allowed {
            break;
        }
        refused = limiter.check("key", 1).await;
    }
    let wait = refused.retry_after.unwrap();
    assert!(!refused.allowed && wait > Duration::ZERO && wait <= second / 4, "{refused:?}");
    assert_eq!(refused.remaining, 0);
    bench.pass(wait).await;
    let again = other.check("key", 1).await;
    assert!(again.allowed, "a wait that was kept to is enough: {again:?}");
    bench.pass(again.reset).await;
    let full = limiter.peek("key", 2).await;
    assert_eq!((full.allowed, full.remaining, full.reset), (true, 2, Duration::ZERO));
}

pub(super) async fn a_burst_may_be_smaller_or_larger_than_the_count(bench: &impl Bench) {
    for (quota, burst) in [
        (Quota::per_hour(10).with_burst(3), 3),
        (Quota::per_hour(1).with_burst(7), 7),
        (Quota::per_day(1), 1),
    ] {
        let [limiter, other] = bench.limiters(quota.into()).await;
        for left in (0..burst).rev() {
            let decision = other.check("key", 1).await;
            assert_eq!((decision.allowed, decision.remaining), (true, left), "{quota:?}");
        }
        let refused = limiter.check("key", 1).await;
        let interval = quota.period() / quota.count();
        assert!(!refused.allowed);
        assert!(refused.retry_after.unwrap() <= interval && refused.reset <= interval * burst, "{refused:?}");
    }
}

pub(super) async fn a_cost_is_taken_whole_or_not_at_all(bench: &impl Bench) {
    let [limiter, _] = bench.limiters(Quota::per_hour(10).into()).await;
    assert_eq!(limiter.check("key", 7).await.remaining, 3);
    let refused = limiter.check("key", 4).await;
    assert!(!refused.allowed);
    assert!(refused.retry_after.unwrap() <= Duration::from_mins(6), "one unit is missing: {refused:?}");
    assert_eq!(refused.remaining, 3, "what was refused is still there");
    assert!(limiter.check("key", 3).await.allowed);
    let never = limiter.check("key", 11).await;
    assert_eq!((never.allowed, never.retry_after), (false, None), "there is never as much");
    assert!(!limiter.check("fresh", u32::MAX).await.allowed);
    let free = limiter.check("fresh", 0).await;
    assert_eq!((free.allowed, free.remaining), (true, 10));
    assert!(limiter.check("key", 0).await.allowed, "what costs nothing is never too much");
}

pub(super) async fn the_strictest_of_several_quotas_answers(bench: &impl Bench) {
    let (hour, day) = (Quota::per_hour(3), Quota::per_day(5));
    let [limiter, other] = bench.limiters(Quotas::from([hour, day])).await;
    for left in [2, 1, 0] {
        let decision = limiter.check("key", 1).await;
        assert_eq!((decision.allowed, decision.quota, decision.remaining), (true, hour, left));
    }
    for _ in 0..10 {
        let refused = other.check("key", 1).await;
        assert_eq!((refused.allowed, refused.quota), (false, hour));
        assert!(refused.retry_after.unwrap() <= Duration::from_mins(20));
    }
    // The refused ones have taken nothing of the day: two are left of it.
    let _ = limiter.refund("key", 2).await;
    let _ = limiter.charge("key", 2).await;
    let [fresh, _] = bench.limiters(Quotas::from([day.with_burst(2), hour])).await;
    assert!(fresh.check("key", 2).await.allowed);
    let refused = fresh.check("key", 1).await;
    assert_eq!((refused.allowed, refused.quota), (false, day.with_burst(2)));
    assert!(refused.retry_after.unwrap() > Duration::from_hours(4));
    assert_eq!(fresh.check("other", 1).await.quota, day.with_burst(2));
}

pub(super) async fn a_peek_takes_nothing(bench: &impl Bench) {
    let [limiter, other] = bench.limiters(Quota::per_hour(2).into()).await;
    for _ in 0..5 {
        let peeked = limiter.peek("key", 1).await;
        assert_eq!((peeked.allowed, peeked.remaining), (true, 2));
    }
    assert!(other.check("key", 2).await.allowed);
    let peeked = limiter.peek("key", 1).await;
    assert!(!peeked.allowed);
    assert!(peeked.retry_after.unwrap() <= Duration::from_mins(30));
}

pub(super) async fn a_charge_is_taken_in_any_case_and_locks_nobody_out(bench: &impl Bench) {
    let [limiter, other] = bench.limiters(Quota::per_hour(4).into()).await;
    assert_eq!(limiter.charge("key", 3).await.remaining, 1);
    for _ in 0..50 {
        let charged = other.charge("key", 3).await;
        assert_eq!((charged.allowed, charged.remaining), (false, 0));
    }
    let _ = limiter.charge("key", u32::MAX).await;
    let wait = limiter.check("key", 1).await.retry_after.unwrap();
    assert!(wait <= Duration::from_mins(15), "a bucket is never more than empty: {wait:?}");
}

pub(super) async fn what_is_given_back_is_there_again(bench: &impl Bench) {
    let [limiter, other] = bench.limiters(Quotas::from([Quota::per_hour(5), Quota::per_day(6)])).await;
    assert!(limiter.check("key", 5).await.allowed);
    assert_eq!(other.refund("key", 2).await.remaining, 2);
    assert_eq!(limiter.peek("key", 1).await.remaining, 2);
    // No more than was there.
    assert_eq!(limiter.refund("key", u32::MAX).await.remaining, 5);
    assert_eq!(limiter.refund("new", 3).await.remaining, 5);
    assert_eq!(limiter.peek("new", 1).await.remaining, 5);
}
