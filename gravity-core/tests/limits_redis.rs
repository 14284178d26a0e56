//! The limiter in Redis: the suite of limiters, and what it does when the server is not there.
#![cfg(all(feature = "redis", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use gravity_core::Metrics;
use gravity_core::limits::{Quota, Quotas, RateLimiter, RedisLimiter, WhenDown};
use gravity_core::redis::cmd;
use gravity_core::testing::limits::{Bench, suite};
use gravity_core::testing::redis::TestRedis;

struct RedisBench<'t> {
    test: &'t TestRedis,
    next: AtomicU32,
}

const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

#[async_trait]
impl Bench for RedisBench<'_> {
    async fn limiters(&self, quotas: Quotas) -> [Arc<dyn RateLimiter>; 2] {
        let name = NAMES[self.next.fetch_add(1, Ordering::SeqCst) as usize];
        for key in self.keys().await {
            let _: () = self.test.redis().query(cmd("DEL").arg(key)).await.unwrap();
        }
        [self.test.redis(), self.test.other_node()].map(|redis| {
            let limiter = RedisLimiter::new(redis, name, quotas.clone(), WhenDown::Deny);
            Arc::new(limiter.with_timeout(Duration::from_secs(5))) as Arc<dyn RateLimiter>
        })
    }

    async fn pass(&self, time: Duration) {
        // The time is the server's, and nobody can move it.
        tokio::time::sleep(time + Duration::from_millis(1)).await;
    }
}

impl RedisBench<'_> {
    async fn keys(&self) -> Vec<Vec<u8>> {
        self.test.redis().query(cmd("KEYS").arg(self.test.redis().key("*"))).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_suite() {
    let Some(test) = TestRedis::create().await else { return };
    suite(|| async { RedisBench { test: &test, next: AtomicU32::new(0) } }).await;
    test.remove().await;
}

#[tokio::test]
async fn what_is_kept_goes_away_by_itself() {
    let Some(test) = TestRedis::create().await else { return };
    let bench = RedisBench { test: &test, next: AtomicU32::new(0) };
    let quotas = Quotas::from([Quota::per_second(3), Quota::per_minute(7)]);
    let [limiter, _] = bench.limiters(quotas).await;
    assert!(limiter.check("key", 2).await.allowed);
    let keys = bench.keys().await;
    assert_eq!(keys.len(), 1, "one key for both quotas");
    let left: u64 = test.redis().query(cmd("PTTL").arg(&keys[0])).await.unwrap();
    assert!((10_000..=17_145).contains(&left), "two sevenths of a minute: {left}");
    // Far too long a debt, as after a server's clock was set back, is no more than an empty bucket.
    let far = "9000000000000000:0 9000000000000000:0";
    let _: () = test.redis().query(cmd("SET").arg(&keys[0]).arg(far)).await.unwrap();
    let refused = limiter.check("key", 1).await;
    assert!(!refused.allowed && refused.retry_after.unwrap() <= Duration::from_secs(9), "{refused:?}");
    let _ = limiter.refund("key", 1).await;
    assert_eq!(bench.keys().await.len(), 1, "both still owe");
    let _ = limiter.refund("key", u32::MAX).await;
    assert!(bench.keys().await.is_empty());
    // The server has forgotten the script.
    let _: () = test.redis().query(cmd("SCRIPT").arg("FLUSH")).await.unwrap();
    assert!(limiter.check("key", 1).await.allowed);
    test.remove().await;
}

#[tokio::test]
async fn what_happens_without_redis_is_chosen() {
    let Some(test) = TestRedis::create().await else { return };
    let (redis, proxy) = test.through_proxy().await;
    let metrics = Metrics::new();
    let quota = Quota::per_hour(3);
    let limiter = |name, when_down| {
        RedisLimiter::new(redis.clone(), name, quota, when_down)
            .with_timeout(Duration::from_millis(500))
            .with_metrics(&metrics)
    };
    let deny = limiter("deny", WhenDown::Deny);
    let allow = limiter("allow", WhenDown::Allow);
    let memory = limiter("memory", WhenDown::Memory);
    for limiter in [&deny, &allow, &memory] {
        assert!(limiter.check("key", 1).await.allowed);
    }
    // A server that swallows everything is the worst.
    proxy.stall();
    let began = Instant::now();
    for _ in 0..50 {
        let refused = deny.check("key", 1).await;
        assert!(refused.outage && !refused.allowed && refused.retry_after.is_some());
        let allowed = allow.check("key", 1).await;
        assert!(allowed.outage && allowed.allowed);
    }
    let alone: Vec<_> = [
        memory.check("key", 1).await,
        memory.check("key", 1).await,
        memory.check("key", 1).await,
        memory.check("key", 1).await,
    ]
    .map(|decision| (decision.allowed, decision.outage))
    .into();
    assert_eq!(alone, [(true, false), (true, false), (true, false), (false, false)]);
    assert!(began.elapsed() < Duration::from_secs(10), "104 decisions took {:?}", began.elapsed());
    let rendered = metrics.render();
    assert!(rendered.contains("rate_limit_outages_total{limit=\"deny\"} 50"), "{rendered}");
    assert!(rendered.contains("rate_limit_outages_total{limit=\"memory\"} 4"), "{rendered}");
    // It is back, and so is what was counted there. What timed out may have been counted too.
    proxy.resume();
    let back = async {
        while deny.peek("key", 1).await.outage {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), back).await.unwrap();
    assert!(deny.peek("key", 1).await.remaining <= 2);
    test.remove().await;
}
