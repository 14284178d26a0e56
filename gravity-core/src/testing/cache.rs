//! The suite of caches: run it on every configuration that an application uses.
//!
//! ```
//! # #[tokio::main]
//! # async fn main() {
//! use std::sync::Arc;
//! use gravity_core::broadcast::LocalBroadcast;
//! use gravity_core::cache::CacheConfig;
//! use gravity_core::testing::cache::suite;
//!
//! let broadcast = Arc::new(LocalBroadcast::default());
//! suite(|name| CacheConfig::new(name).with_broadcast(broadcast.clone()), false).await;
//! # }
//! ```

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::cache::{Cache, CacheConfig};
use crate::{Clock, Error, TestClock, Timestamp};

type Numbers = Cache<str, u64>;

/// Runs everything that caches must do. `node` is the configuration of one more node of the cache of this name;
/// all of them hear each other, and keep entries in one place too where they `share`.
///
/// # Panics
///
/// When a cache does something else.
pub async fn suite(node: impl Fn(&'static str) -> CacheConfig, share: bool) {
    let open = async |name: &'static str, clock: Clock| {
        let cache = Numbers::new(node(name).with_clock(clock)).unwrap();
        cache.listening().await;
        cache
    };
    let hands = TestClock::at(Timestamp::UNIX_EPOCH);
    let pair = async |name: &'static str| [open(name, hands.clock()).await, open(name, hands.clock()).await];
    many_callers_load_once(pair("suite.stampede").await, share).await;
    errors_are_told_and_not_kept(open("suite.errors", hands.clock()).await).await;
    who_is_dropped_or_panics_is_replaced(open("suite.dropped", hands.clock()).await).await;
    every_node_forgets(pair("suite.forget").await).await;
    a_load_that_began_before_leaves_nothing_behind(pair("suite.race").await).await;
    that_there_is_nothing_is_kept(open("suite.nothing", hands.clock()).await).await;
    random_histories(open("suite.model", hands.clock()).await).await;
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.unwrap()
}

/// What the cache says of a key whose loader would say this.
async fn get(cache: &Numbers, key: &str, tags: &[&str], value: u64) -> u64 {
    let load = || async move { Ok::<_, Error>(Some(value)) };
    *cache.get_or_load_tagged(key, tags, load).await.unwrap().unwrap()
}

async fn many_callers_load_once(nodes: [Numbers; 2], share: bool) {
    let loads = Arc::new(AtomicUsize::new(0));
    for round in 0..3 {
        let callers = (0..400).map(|caller| {
            let (cache, loads) = (nodes[caller % 2].clone(), loads.clone());
            tokio::spawn(async move {
                let load = || async move {
                    loads.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(30)).await;
                    Ok::<_, Error>(Some(7))
                };
                cache.get_or_load(&format!("key {round}"), load).await.unwrap()
            })
        });
        for caller in futures_util::future::join_all(callers).await {
            assert_eq!(caller.unwrap().as_deref(), Some(&7));
        }
        let expected = (round + 1) * if share { 1 } else { 2 };
        assert_eq!(loads.load(Ordering::SeqCst), expected, "loads for 200 callers on each of two nodes");
    }
}

async fn errors_are_told_and_not_kept(cache: Numbers) {
    let gate = Arc::new(Semaphore::new(0));
    let loads = Arc::new(AtomicUsize::new(0));
    let calls = (0..20).map(|_| {
        let (cache, gate, loads) = (cache.clone(), gate.clone(), loads.clone());
        tokio::spawn(async move {
            let load = || async move {
                loads.fetch_add(1, Ordering::SeqCst);
                gate.acquire().await.unwrap().forget();
                Err::<Option<u64>, _>(Error::conflict("a.b", "No."))
            };
            cache.get_or_load("key", load).await
        })
    });
    let calls: Vec<_> = calls.collect();
    soon(async {
        while loads.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    gate.add_permits(100);
    for call in calls {
        let error = soon(call).await.unwrap().unwrap_err();
        assert_eq!(error.code(), "a.b");
    }
    assert_eq!(get(&cache, "key", &[], 5).await, 5, "an error was kept");
}

async fn who_is_dropped_or_panics_is_replaced(cache: Numbers) {
    for panics in [false, true] {
        let key = if panics { "panics" } else { "dropped" };
        let is_loading = Arc::new(Semaphore::new(0));
        let goes_wrong = Arc::new(Semaphore::new(0));
        let first = tokio::spawn({
            let (cache, is_loading, goes_wrong) = (cache.clone(), is_loading.clone(), goes_wrong.clone());
            async move {
                let load = || async move {
                    is_loading.add_permits(1);
                    goes_wrong.acquire().await.unwrap().forget();
                    assert!(!panics, "as it is meant to be");
                    std::future::pending::<Result<Option<u64>, Error>>().await
                };
                cache.get_or_load(key, load).await
            }
        });
        is_loading.acquire().await.unwrap().forget();
        let waiting: Vec<_> = (0..10)
            .map(|_| {
                let cache = cache.clone();
                tokio::spawn(async move { get(&cache, key, &[], 9).await })
            })
            .collect();
        tokio::task::yield_now().await;
        if panics {
            goes_wrong.add_permits(1);
        } else {
            first.abort();
        }
        assert!(first.await.is_err());
        for caller in waiting {
            assert_eq!(soon(caller).await.unwrap(), 9);
        }
    }
}

/// Waits until a node, which has an old value, asks its loader for the new one.
async fn hears(cache: &Numbers, key: &str, tags: &[&str], value: u64) {
    soon(async {
        while get(cache, key, tags, value).await != value {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn every_node_forgets([here, there]: [Numbers; 2]) {
    for node in [&here, &there] {
        assert_eq!(get(node, "a", &["x"], 1).await, 1);
        assert_eq!(get(node, "b", &["x", "y"], 1).await, 1);
        assert_eq!(get(node, "c", &[], 1).await, 1);
    }
    here.invalidate("a").await;
    assert_eq!(get(&here, "a", &["x"], 2).await, 2);
    hears(&there, "a", &["x"], 2).await;
    assert_eq!(get(&here, "b", &["x", "y"], 2).await, 1, "more was forgotten than was asked for");
    here.invalidate_tag("y").await;
    assert_eq!(get(&here, "b", &["x", "y"], 3).await, 3);
    hears(&there, "b", &["x", "y"], 3).await;
    assert_eq!(get(&here, "a", &["x"], 3).await, 2);
    here.invalidate_tag("x").await;
    assert_eq!(get(&here, "a", &["x"], 4).await, 4);
    assert_eq!(get(&here, "b", &["x", "y"], 4).await, 4);
    hears(&there, "b", &["x", "y"], 4).await;
    assert_eq!(get(&here, "c", &[], 4).await, 1);
    here.invalidate_all().await;
    for key in ["a", "b", "c"] {
        assert_eq!(get(&here, key, &[], 5).await, 5);
        hears(&there, key, &[], 5).await;
    }
}

async fn a_load_that_began_before_leaves_nothing_behind(nodes: [Numbers; 2]) {
    for (round, how) in ["key", "tag", "all"].into_iter().cycle().take(6).enumerate() {
        // The loader is on one node, the change on the same or on the other.
        let (loading, changing) = (&nodes[0], &nodes[round % 2]);
        let key = format!("key {round}");
        let gate = Arc::new(Semaphore::new(0));
        let is_loading = Arc::new(Semaphore::new(0));
        let load = tokio::spawn({
            let (cache, key) = (loading.clone(), key.clone());
            let (gate, is_loading) = (gate.clone(), is_loading.clone());
            async move {
                let load = || async move {
                    // It has read the old value already.
                    is_loading.add_permits(1);
                    gate.acquire().await.unwrap().forget();
                    Ok::<_, Error>(Some(1))
                };
                cache.get_or_load_tagged(&key, &["tag"], load).await
            }
        });
        is_loading.acquire().await.unwrap().forget();
        match how {
            "key" => changing.invalidate(&key).await,
            "tag" => changing.invalidate_tag("tag").await,
            _ => changing.invalidate_all().await,
        }
        // Who asks after that does not wait for the old load.
        assert_eq!(soon(get(changing, &key, &["tag"], 2)).await, 2, "{how}");
        gate.add_permits(1);
        assert_eq!(soon(load).await.unwrap().unwrap().as_deref(), Some(&1));
        assert_ne!(get(changing, &key, &["tag"], 2).await, 1, "an old load overwrote a new value: {how}");
        soon(async {
            while get(loading, &key, &["tag"], 2).await == 1 {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

async fn that_there_is_nothing_is_kept(cache: Numbers) {
    let nothing = || async { Ok::<Option<u64>, Error>(None) };
    let something = || async { Ok::<_, Error>(Some(1)) };
    assert_eq!(cache.get_or_load("key", nothing).await.unwrap(), None);
    assert_eq!(cache.get_or_load("key", something).await.unwrap(), None);
    cache.invalidate("key").await;
    assert_eq!(cache.get_or_load("key", something).await.unwrap().as_deref(), Some(&1));
}

/// One caller who always invalidates after a change never sees an old value, whatever happens in between.
async fn random_histories(cache: Numbers) {
    let keys = ["a", "b", "длинный ключ", "", "\0", &"x".repeat(500)];
    let tags: [&[&str]; 6] = [&[], &["t"], &["t", "u"], &["u"], &["v"], &[]];
    let mut truth = [0_u64; 6];
    let mut dice = 0x9e37_79b9_7f4a_7c15_u64;
    for step in 1..=3_000 {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        let at = usize::try_from(dice % 6).unwrap();
        match (dice >> 8) % 10 {
            0 => {
                truth[at] = step;
                cache.invalidate(keys[at]).await;
            }
            1 => {
                let tag = ["t", "u", "v"][at % 3];
                for (truth, tags) in truth.iter_mut().zip(tags) {
                    if tags.contains(&tag) {
                        *truth = step;
                    }
                }
                cache.invalidate_tag(tag).await;
            }
            2 if at == 0 => {
                truth = [step; 6];
                cache.invalidate_all().await;
            }
            _ => assert_eq!(get(&cache, keys[at], tags[at], truth[at]).await, truth[at], "step {step}"),
        }
    }
}
