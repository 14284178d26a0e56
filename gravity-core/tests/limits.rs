//! The limiter in memory: the suite of limiters, and what is its own.

use std::time::Duration;

use gravity_core::limits::{Action, MemoryLimiter, Quota, Quotas, RateLimiter};
use gravity_core::testing::limits::{MemoryBench, suite};
use gravity_core::{TestClock, Timestamp};
use proptest::prelude::*;

fn limiter(quotas: impl Into<Quotas>) -> (MemoryLimiter, TestClock) {
    let hands = TestClock::at(Timestamp::from_seconds(1_800_000_000).unwrap());
    (MemoryLimiter::new(quotas).with_clock(hands.clock()), hands)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_suite() {
    suite(|| async { MemoryBench::new() }).await;
}

#[tokio::test]
async fn a_clock_that_jumps_locks_nobody_out_and_lets_nobody_off() {
    let (limiter, hands) = limiter(Quota::per_minute(2));
    assert!(limiter.check("key", 2).await.allowed);
    // Set back by a year: the bucket goes on filling from there.
    hands.set(Timestamp::from_seconds(1_768_000_000).unwrap());
    let refused = limiter.check("key", 1).await;
    assert_eq!(refused.retry_after, Some(Duration::from_secs(30)));
    hands.advance(Duration::from_secs(29));
    assert!(!limiter.check("key", 1).await.allowed);
    hands.advance(Duration::from_secs(1));
    assert!(limiter.check("key", 1).await.allowed);
    // As far forward as there is time: full, and no more than full.
    hands.set(Timestamp::MAX);
    assert_eq!(limiter.peek("key", 1).await.remaining, 2);
    hands.set(Timestamp::MIN);
    assert!(limiter.check("key", 2).await.allowed);
    assert!(!limiter.check("key", 1).await.allowed);
    hands.advance(Duration::from_mins(1));
    assert!(limiter.check("key", 2).await.allowed);
}

#[test]
fn a_flood_of_keys_forgives_nobody_and_takes_no_more_room() {
    let (limiter, hands) = limiter(Quota::per_minute(5));
    let limiter = limiter.with_keys(1000);
    let most = limiter.most_bytes();
    for _ in 0..5 {
        assert!(limiter.act_now("victim", Action::Check, 1).allowed);
    }
    for number in 0..200_000 {
        let _ = limiter.act_now(&format!("flood {number}"), Action::Check, 1);
        if number % 1000 == 0 {
            assert!(!limiter.act_now("victim", Action::Check, 1).allowed, "after {number}");
        }
    }
    assert!(limiter.bytes() <= most && most < 200_000, "{} of {most}", limiter.bytes());
    assert!(limiter.keys() <= 4096);
    // When it is over, everything is as before.
    hands.advance(Duration::from_mins(1));
    assert_eq!(limiter.keys(), 0);
    assert_eq!(limiter.act_now("newcomer", Action::Peek, 1).remaining, 5);
}

#[test]
fn keys_that_are_idle_make_room() {
    let (limiter, hands) = limiter(Quota::per_second(1));
    let limiter = limiter.with_keys(1000);
    for round in 0..50 {
        for number in 0..500 {
            let key = format!("{round} {number}");
            assert!(limiter.act_now(&key, Action::Check, 1).allowed, "{key}");
        }
        assert!(limiter.keys() <= 500);
        hands.advance(Duration::from_secs(1));
    }
}

/// A bucket in rational arithmetic: its level, in units of a period's `micros`-th, so that nothing is rounded.
struct Exact {
    count: i128,
    micros: i128,
    burst: i128,
    level: i128,
}

impl Exact {
    fn new(quota: &Quota) -> Self {
        let micros = i128::try_from(quota.period().as_micros()).unwrap();
        let burst = i128::from(quota.burst());
        Self { count: quota.count().into(), micros, burst, level: burst * micros }
    }

    fn pass(&mut self, micros: u64) {
        self.level = (self.level + i128::from(micros) * self.count).min(self.burst * self.micros);
    }

    fn has(&self, cost: u32) -> bool {
        self.level >= i128::from(cost) * self.micros
    }

    fn take(&mut self, cost: u32) {
        self.level = (self.level - i128::from(cost) * self.micros).clamp(0, self.burst * self.micros);
    }

    fn give(&mut self, cost: u32) {
        self.level = (self.level + i128::from(cost) * self.micros).min(self.burst * self.micros);
    }

    fn left(&self) -> i128 {
        self.level / self.micros
    }

    /// Microseconds until so much is there, rounded up.
    fn wait(&self, cost: u32) -> i128 {
        let missing = i128::from(cost) * self.micros - self.level;
        (missing + self.count - 1).div_euclid(self.count)
    }
}

fn quotas() -> impl Strategy<Value = Vec<Quota>> {
    let period = prop_oneof![
        Just(Duration::from_secs(1)),
        Just(Duration::from_mins(1)),
        Just(Duration::from_micros(999_983)),
        (1_u64..10_000_000).prop_map(Duration::from_micros),
    ];
    let quota = (1_u32..10_000, period, 1_u32..50).prop_map(|(count, period, burst)| {
        let count = count.min(u32::try_from(period.as_micros()).unwrap());
        Quota::new(count, period).unwrap().with_burst(burst)
    });
    proptest::collection::vec(quota, 1..=2)
}

fn actions() -> impl Strategy<Value = Vec<(u64, Action, u32)>> {
    let pass = prop_oneof![Just(0), 0_u64..100, 0_u64..100_000, 0_u64..100_000_000];
    let action = prop_oneof![
        5 => Just(Action::Check),
        1 => Just(Action::Peek),
        1 => Just(Action::Charge),
        1 => Just(Action::Refund),
    ];
    proptest::collection::vec((pass, action, 0_u32..8), 1..200)
}

proptest! {
    #[test]
    fn does_what_rational_arithmetic_does(quotas in quotas(), actions in actions()) {
        let both = match quotas[..] {
            [one] => Quotas::from(one),
            _ => Quotas::from([quotas[0], quotas[1]]),
        };
        let (limiter, hands) = limiter(both);
        let mut exact: Vec<Exact> = quotas.iter().map(Exact::new).collect();
        for (micros, action, cost) in actions {
            hands.advance(Duration::from_micros(micros));
            exact.iter_mut().for_each(|bucket| bucket.pass(micros));
            let refusing = |bucket: &Exact| !bucket.has(cost);
            let allowed = action == Action::Refund || !exact.iter().any(refusing);
            let wait = exact.iter().map(|bucket| bucket.wait(cost)).max().unwrap();
            let never = quotas.iter().any(|quota| cost > quota.burst());
            let decision = limiter.act_now("key", action, cost);
            prop_assert_eq!(decision.allowed, allowed, "{:?} {}", action, cost);
            for bucket in &mut exact {
                match action {
                    Action::Check if allowed => bucket.take(cost),
                    Action::Charge => bucket.take(cost),
                    Action::Refund => bucket.give(cost),
                    _ => {}
                }
            }
            if !allowed && matches!(action, Action::Check | Action::Peek) {
                let said = decision.retry_after.map(|wait| i128::try_from(wait.as_micros()).unwrap());
                prop_assert_eq!(said, (!never).then_some(wait));
            }
            let decided = quotas.iter().position(|quota| *quota == decision.quota).unwrap();
            prop_assert_eq!(i128::from(decision.remaining), exact[decided].left());
            let full = exact[decided].wait(quotas[decided].burst());
            prop_assert_eq!(i128::try_from(decision.reset.as_micros()).unwrap(), full);
        }
    }
}
