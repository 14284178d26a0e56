//! The suite of caches in the process and with Redis, times, and Redis going away.
#![cfg(all(feature = "redis", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gravity_core::broadcast::{LocalBroadcast, RedisBroadcast};
use gravity_core::cache::{Cache, CacheConfig};
use gravity_core::redis::{Redis, cmd};
use gravity_core::testing::cache::suite;
use gravity_core::testing::redis::{RedisServer, TestRedis};
use gravity_core::{Error, Metrics, TestClock, Timestamp};
use tokio::sync::Semaphore;

type Numbers = Cache<str, u64>;

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.unwrap()
}

async fn get(cache: &Numbers, key: &str, value: u64) -> u64 {
    *cache.get_or_load(key, || async move { Ok::<_, Error>(Some(value)) }).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_process() {
    let broadcast = Arc::new(LocalBroadcast::default());
    suite(|name| CacheConfig::new(name).with_broadcast(broadcast.clone()), false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_redis() {
    let Some(test) = TestRedis::create().await else { return };
    let node = |name| {
        let redis = test.other_node();
        let broadcast = Arc::new(RedisBroadcast::new(redis.clone()));
        // The machine of a test may be busy.
        let limit = Duration::from_secs(2);
        CacheConfig::new(name).with_redis(redis).with_redis_limits(limit, limit).with_broadcast(broadcast)
    };
    suite(node, true).await;
    test.remove().await;
}

#[tokio::test]
async fn entries_end_by_the_clock_wherever_it_goes() {
    let hands = TestClock::at(Timestamp::UNIX_EPOCH.saturating_add(Duration::from_hours(100)));
    let start = hands.now();
    let cache = Numbers::new(CacheConfig::new("times").with_clock(hands.clock())).unwrap();
    assert_eq!(get(&cache, "a", 1).await, 1);
    hands.advance(Duration::from_secs(269));
    assert_eq!(get(&cache, "a", 2).await, 1, "it ended more than a tenth early");
    hands.advance(Duration::from_secs(31));
    assert_eq!(get(&cache, "a", 3).await, 3, "it was served past its time");
    hands.set(start);
    assert_eq!(get(&cache, "a", 4).await, 4, "a clock set back made it last");
    let nothing = || async { Ok::<Option<u64>, Error>(None) };
    assert_eq!(cache.get_or_load("b", nothing).await.unwrap(), None);
    hands.advance(Duration::from_secs(30));
    assert_eq!(get(&cache, "b", 5).await, 5);
}

#[tokio::test]
async fn entries_are_bounded_and_names_checked() {
    let cache = Numbers::new(CacheConfig::new("small").with_entries(100)).unwrap();
    for number in 0..10_000 {
        get(&cache, &number.to_string(), number).await;
    }
    let mut kept = 0;
    for number in 0..10_000 {
        kept += u64::from(get(&cache, &number.to_string(), u64::MAX).await == number);
    }
    assert!((1..=100).contains(&kept), "{kept}");
    for name in ["", "A", "a b", &"x".repeat(65)] {
        assert!(Numbers::new(CacheConfig::new(name)).is_err(), "{name}");
    }
}

#[tokio::test]
async fn past_its_time_an_entry_is_served_while_one_loader_runs() {
    let hands = TestClock::at(Timestamp::UNIX_EPOCH);
    let metrics = Metrics::new();
    let config = CacheConfig::new("stale").with_stale(Duration::from_mins(1)).with_clock(hands.clock());
    let cache = Numbers::new(config.with_metrics(&metrics)).unwrap();
    let loads = Arc::new(AtomicU64::new(0));
    let ask = || {
        let loads = loads.clone();
        let load = move || async move {
            let number = loads.fetch_add(1, Ordering::SeqCst) + 1;
            if number == 2 {
                return Err(Error::conflict("a.b", "Not now."));
            }
            assert_ne!(number, 3, "the third goes wrong");
            Ok(Some(number))
        };
        async { *cache.get_or_revalidate("a", &[], load).await.unwrap().unwrap() }
    };
    let loaded = async |number| {
        soon(async {
            while loads.load(Ordering::SeqCst) < number {
                tokio::task::yield_now().await;
            }
        })
        .await;
        // Until the task of the loader has ended.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    };
    assert_eq!(ask().await, 1);
    hands.advance(Duration::from_secs(301));
    // An error, then a panic: the old value is served on, and the next one tries again.
    for number in [2, 3] {
        assert_eq!((ask().await, ask().await, ask().await), (1, 1, 1));
        loaded(number).await;
        assert_eq!(loads.load(Ordering::SeqCst), number, "more than one loader ran");
    }
    assert_eq!(ask().await, 1);
    loaded(4).await;
    assert_eq!(ask().await, 4);
    hands.advance(Duration::from_secs(361));
    assert_eq!(ask().await, 5, "it was served long past its time");
    let text = metrics.render();
    assert!(text.contains("cache_stale_total{cache=\"stale\"} 7"), "{text}");
    assert!(text.contains("cache_load_errors_total{cache=\"stale\"} 1"), "{text}");
    assert!(text.contains("cache_hits_total{cache=\"stale\",level=\"process\"} 1"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cache_goes_on_without_redis_and_makes_up_for_it() {
    let Some(test) = TestRedis::create().await else { return };
    let (redis, proxy) = test.through_proxy().await;
    let metrics = Metrics::new();
    let node = |redis: Redis| {
        let broadcast =
            Arc::new(RedisBroadcast::new(redis.clone()).with_heartbeat(Duration::from_millis(100)));
        CacheConfig::new("down").with_redis(redis).with_broadcast(broadcast)
    };
    let here = Numbers::new(node(redis).with_metrics(&metrics)).unwrap();
    let there = Numbers::new(node(test.other_node())).unwrap();
    here.listening().await;
    there.listening().await;
    assert_eq!((get(&here, "a", 1).await, get(&there, "a", 2).await), (1, 1));
    proxy.stall();
    let began = Instant::now();
    for number in 0..200 {
        assert_eq!(get(&here, &format!("new {number}"), number).await, number);
        assert_eq!(get(&here, "a", 9).await, 1);
    }
    // Each of 200 misses would have waited 100 ms.
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    let printed = metrics.render();
    let errors =
        printed.lines().find_map(|line| line.strip_prefix("cache_redis_errors_total{cache=\"down\"} "));
    let errors: u32 = errors.unwrap().parse().unwrap();
    assert!((3..10).contains(&errors), "Redis was not left alone: {printed}");
    // What is invalidated now, this node forgets now, and the other one when it can be told.
    here.invalidate("a").await;
    assert_eq!(get(&here, "a", 3).await, 3);
    assert_eq!(get(&there, "a", 4).await, 1);
    // A stall that ends is no loss; a cut is.
    proxy.cut();
    proxy.resume();
    soon(async {
        while get(&there, "a", 5).await == 1 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    // It has been away, so it has forgotten everything when it is back.
    soon(async {
        while !metrics.render().contains("cache_gaps_total{cache=\"down\"} 2") {
            tokio::task::yield_now().await;
        }
    })
    .await;
    soon(async {
        while get(&here, "a", 6).await != get(&there, "a", 6).await {
            tokio::task::yield_now().await;
        }
    })
    .await;
    test.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_callers_are_served_when_redis_dies_while_one_loads() {
    let Some(test) = TestRedis::create().await else { return };
    let nodes = [test.through_proxy().await, test.through_proxy().await];
    let caches = nodes.each_ref().map(|(redis, _)| {
        let broadcast = Arc::new(RedisBroadcast::new(redis.clone()));
        Numbers::new(CacheConfig::new("dies").with_redis(redis.clone()).with_broadcast(broadcast)).unwrap()
    });
    for cache in &caches {
        cache.listening().await;
    }
    for (round, silent) in [true, false].into_iter().enumerate() {
        let key = format!("key {round}");
        let (loads, gate) = (Arc::new(AtomicU64::new(0)), Arc::new(Semaphore::new(0)));
        let callers = (0..200).map(|caller| {
            let (cache, key) = (caches[caller % 2].clone(), key.clone());
            let (loads, gate) = (loads.clone(), gate.clone());
            tokio::spawn(async move {
                let load = || async move {
                    loads.fetch_add(1, Ordering::SeqCst);
                    gate.acquire().await.unwrap().forget();
                    Ok::<_, Error>(Some(7))
                };
                cache.get_or_load(&key, load).await.unwrap()
            })
        });
        let callers: Vec<_> = callers.collect();
        soon(async {
            while loads.load(Ordering::SeqCst) == 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        for (_, proxy) in &nodes {
            if silent { proxy.stall() } else { proxy.close() }
        }
        gate.add_permits(100);
        for caller in callers {
            assert_eq!(soon(caller).await.unwrap().as_deref(), Some(&7));
        }
        let loads = loads.load(Ordering::SeqCst);
        assert!((1..=2).contains(&loads), "{loads} loads on two nodes");
        for (_, proxy) in &nodes {
            proxy.resume();
        }
        // Redis is back, and the nodes agree again.
        soon(async {
            while get(&caches[0], "after", 1).await != get(&caches[1], "after", 2).await {
                caches[0].invalidate("after").await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
    }
    test.remove().await;
}

#[tokio::test]
async fn a_server_that_lost_everything_is_a_miss() {
    let Some(mut server) = RedisServer::start().await else { return };
    let redis = Redis::new(server.config()).unwrap();
    let node = || Numbers::new(CacheConfig::new("lost").with_redis(redis.clone())).unwrap();
    assert_eq!(get(&node(), "a", 1).await, 1);
    assert_eq!(get(&node(), "a", 2).await, 1);
    server.stop();
    assert_eq!(get(&node(), "a", 3).await, 3);
    server.wipe();
    server.restart().await;
    assert_eq!(get(&node(), "a", 4).await, 4);
    assert_eq!(get(&node(), "a", 5).await, 4);
}

#[tokio::test]
async fn what_cannot_be_read_is_a_miss_and_time_left_in_redis_is_all_there_is() {
    let Some(test) = TestRedis::create().await else { return };
    let redis = test.redis();
    let config = || CacheConfig::new("forms").with_redis(redis.clone()).with_wait(Duration::ZERO);
    let words = Cache::<str, String>::new(config()).unwrap();
    words.get_or_load("a", || async { Ok::<_, Error>(Some("text".to_owned())) }).await.unwrap();
    assert_eq!(get(&Numbers::new(config()).unwrap(), "a", 1).await, 1);
    let newer = || Numbers::new(config().with_form(2)).unwrap();
    assert_eq!(get(&newer(), "a", 2).await, 2);
    assert_eq!(get(&newer(), "a", 3).await, 2);
    let key = redis.key("cache:forms:v:a");
    redis.query::<()>(cmd("SET").arg(&key).arg("garbage")).await.unwrap();
    assert_eq!(get(&newer(), "a", 4).await, 4);
    // An entry about to end in Redis ends in the process with it.
    let hands = TestClock::at(Timestamp::UNIX_EPOCH);
    redis.query::<()>(cmd("PEXPIRE").arg(&key).arg(5_000)).await.unwrap();
    let node = Numbers::new(config().with_form(2).with_clock(hands.clock())).unwrap();
    assert_eq!(get(&node, "a", 5).await, 4);
    redis.query::<()>(cmd("DEL").arg(&key)).await.unwrap();
    assert_eq!(get(&node, "a", 6).await, 4);
    hands.advance(Duration::from_secs(5));
    assert_eq!(get(&node, "a", 7).await, 7);
    test.remove().await;
}
