//! What probes are told.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use common::{call, empty};
use futures_util::future::join_all;
use gravity_core::health::{Check, Condition, Health, routes};
use gravity_core::http::{PUBLIC, Routes, SIGNED_IN};
use gravity_core::testing::http::{Raw, each_host};
use gravity_core::{Clock, Metrics, TestClock, Timestamp};
use http::Request;

/// Something to depend on.
#[derive(Clone, Default)]
struct Thing {
    is_down: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

impl Thing {
    fn check(&self, name: &'static str) -> Check {
        let thing = self.clone();
        Check::new(name, move || {
            let thing = thing.clone();
            async move {
                thing.asked.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                if thing.is_down.load(Ordering::SeqCst) {
                    return Err("no way to redis://app:hunter2@cache/0".into());
                }
                Ok(())
            }
        })
    }

    fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn clock() -> TestClock {
    TestClock::at(Timestamp::from_seconds(1_700_000_000).unwrap())
}

async fn get(routes: &Routes, path: &str) -> common::Answer {
    let answer = call(routes, empty(Request::get(path))).await;
    assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    answer
}

#[tokio::test]
async fn probes_tell_what_is_up() {
    let (clock, metrics) = (clock(), Metrics::new());
    let (db, mail) = (Thing::default(), Thing::default());
    let health = Health::new("orders", "1.2.3", clock.clock())
        .with_check(db.check("database"))
        .with_check(mail.check("mail").optional())
        .with_metrics(metrics.clone());
    let routes = routes(&health, PUBLIC);
    let live = get(&routes, "/health").await;
    assert_eq!(
        live.json(),
        serde_json::json!({
            "status": "healthy", "service": "orders", "version": "1.2.3", "timestamp": "2023-11-14T22:13:20.000000Z",
        })
    );
    assert_eq!((db.asked(), mail.asked()), (0, 0), "to live asks for nothing");
    assert_eq!(get(&routes, "/ready").await.status, 200);
    assert_eq!((db.asked(), mail.asked()), (1, 0));
    // What is optional is missed and no more.
    mail.set_down(true);
    let details = get(&routes, "/health/detailed").await.json();
    assert_eq!(details["status"], "degraded");
    assert_eq!(
        (&details["dependencies"][0]["status"], &details["dependencies"][1]["status"]),
        (&"healthy".into(), &"degraded".into())
    );
    assert_eq!(details["dependencies"][1]["last_fault"]["text"], "no way to redis://***@cache/0");
    assert!(details["dependencies"][0]["latency_ms"].is_u64());
    assert_eq!(get(&routes, "/ready").await.status, 200);
    assert!(metrics.render().contains("dependency_up{dependency=\"mail\"} 0"));
    assert!(metrics.render().contains("dependency_up{dependency=\"database\"} 1"));
    // What is critical counts, once what was said before is too old.
    db.set_down(true);
    assert_eq!(get(&routes, "/ready").await.status, 200);
    clock.advance(Duration::from_secs(2));
    let down = get(&routes, "/ready").await;
    assert_eq!(
        (down.status, down.json()["code"].as_str(), down.header("retry-after")),
        (503, Some("health.not_ready"), "1")
    );
    assert!(!down.text().contains("redis"), "who probes learns no more");
    assert_eq!(get(&routes, "/health").await.status, 200);
    // A clock that was set back makes no answer last.
    db.set_down(false);
    clock.set(Timestamp::from_seconds(1_600_000_000).unwrap());
    assert_eq!(get(&routes, "/ready").await.status, 200);
}

#[tokio::test]
async fn flapping_is_told_by_times() {
    let (clock, thing) = (clock(), Thing::default());
    let health = Health::new("orders", "1", clock.clock()).with_check(thing.check("thing"));
    let start = clock.now();
    for (is_down, seconds, since) in
        [(false, 3, 0), (false, 3, 0), (true, 3, 6), (true, 3, 6), (false, 3, 12)]
    {
        thing.set_down(is_down);
        let found = health.details().await.dependencies.remove(0);
        assert_eq!(found.status == Condition::Degraded, is_down);
        assert_eq!(found.since.saturating_since(start), Duration::from_secs(since));
        clock.advance(Duration::from_secs(seconds));
    }
    let fault = health.details().await.dependencies.remove(0).last_fault.unwrap();
    assert_eq!(fault.at.saturating_since(start), Duration::from_secs(9), "the last fault stays known");
}

#[tokio::test]
async fn many_probes_ask_once_and_a_hanging_or_panicking_check_ends() {
    let (clock, thing) = (clock(), Thing::default());
    let health = Health::new("orders", "1", clock.clock())
        .with_check(thing.check("thing"))
        .with_check(Check::new("panics", || async { panic!("as asked") }).optional())
        .with_check(Check::new("hangs", std::future::pending).with_timeout(Duration::from_millis(500)));
    let probes = tokio::spawn({
        let health = health.clone();
        async move { join_all((0..100).map(|_| health.details())).await }
    });
    while clock.next_wake().is_none() {
        tokio::task::yield_now().await;
    }
    clock.advance(Duration::from_millis(500));
    let all = probes.await.unwrap();
    assert_eq!((all.len(), thing.asked()), (100, 1));
    assert_eq!(all[0].status, Condition::Unhealthy);
    let fault = |at: usize| all[0].dependencies[at].last_fault.as_ref().unwrap().text.clone();
    assert_eq!((&*fault(1), &*fault(2)), ("the check panicked", "no answer within 500 ms"));
}

#[tokio::test]
async fn details_are_for_those_who_may() {
    let health = Health::new("orders", "1", Clock::system());
    let routes = routes(&health, SIGNED_IN);
    // Nobody can be known without an authenticator, and so nobody gets in.
    assert_eq!(call(&routes, empty(Request::get("/health/detailed"))).await.status, 500);
    assert_eq!(get(&routes, "/ready").await.status, 200);
}

#[tokio::test]
async fn draining_tells_first_and_stops_after_the_grace() {
    let clock = clock();
    let health = Health::new("orders", "1", clock.clock());
    let (send, signal) = tokio::sync::oneshot::channel::<()>();
    let stop = tokio::spawn(health.drain_on(async { drop(signal.await) }, Duration::from_secs(5)));
    assert_eq!(health.ready().await.status, Condition::Healthy);
    drop(send);
    while clock.next_wake().is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(health.ready().await.status, Condition::Unhealthy);
    assert!(health.details().await.is_draining && !stop.is_finished());
    clock.advance(Duration::from_secs(5));
    stop.await.unwrap();
    assert_eq!(health.live().status, Condition::Healthy);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_host_answers_probes() {
    let thing = Thing::default();
    let check = thing.check("thing").fresh_for(Duration::ZERO);
    let hangs = Check::new("hangs", std::future::pending).optional().with_timeout(Duration::from_millis(20));
    let health = Health::new("orders", "1", Clock::system()).with_check(check).with_check(hangs);
    each_host(routes(&health, PUBLIC), async |host| {
        let mut raw = Raw::connect(host).await;
        for (is_down, ready, status) in
            [(false, 200, "degraded"), (true, 503, "unhealthy"), (false, 200, "degraded")]
        {
            thing.set_down(is_down);
            for (path, expected) in [("/health", 200), ("/ready", ready), ("/health/detailed", 200)] {
                let answer = raw.ask("GET", &host.path(path), "").await;
                assert_eq!(answer.status, expected, "{path} on {}", host.kind());
                assert_eq!(answer.headers["cache-control"], "no-store");
                if path == "/health/detailed" {
                    assert!(
                        answer.text().contains(&format!("{{\"status\":\"{status}\"")),
                        "{}",
                        answer.text()
                    );
                }
            }
        }
    })
    .await;
}
