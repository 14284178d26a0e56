//! Events between applications with separate databases, by Redis streams.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "redis", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::time::Duration;

use gravity_core::db::DatabaseConfig;
use gravity_core::events::{
    CloudEvent, Draft, EventNode, EventStore, Inlet as _, Intake, NodeConfig, Outbox, Outlet as _,
    RedisInlet, RedisOutlet, Start, Subscriber,
};
use gravity_core::redis::{Redis, cmd};
use gravity_core::testing::db::{Backend, TestDatabase, each};
use gravity_core::testing::events::{Bench, Deposited, Effect, MemoryBench, SqlBench};
use gravity_core::testing::redis::TestRedis;
use gravity_core::{Clock, Metrics};
use tokio::task::JoinHandle;

const EVENTS: i64 = 2_000;
const SUBJECTS: i64 = 23;

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    assert!(
        tokio::time::timeout(Duration::from_mins(1), waiting).await.is_ok(),
        "waited in vain until {what}"
    );
}

fn run<S: EventStore>(store: S, subscriber: Subscriber<S>) -> JoinHandle<()> {
    let config =
        NodeConfig::new().with_lease(Duration::from_millis(400)).with_poll(Duration::from_millis(50));
    let node = EventNode::new(store, Clock::system(), config).with_subscriber(subscriber);
    tokio::spawn(async move { node.run_until(std::future::pending()).await.unwrap() })
}

fn writer<B: Bench>(bench: &B) -> Subscriber<B::Store> {
    let bench = bench.clone();
    Subscriber::new("writer").starting(Start::Beginning).on::<Deposited>(move |event, tx| {
        let key = event.subject.clone().unwrap_or_default();
        let written = bench.write(tx, Effect { key, number: event.data.cents });
        Box::pin(async move { Ok(written.await?) })
    })
}

fn bridge<S: EventStore>(redis: Redis) -> Subscriber<S> {
    Subscriber::bridging("bridge", "/bank", RedisOutlet::new(redis, "bank")).starting(Start::Beginning)
}

fn intake<S: EventStore>(store: S, redis: Redis) -> JoinHandle<()> {
    let inlet = RedisInlet::new(redis, "bank", "ledger").with_lease(Duration::from_millis(300));
    let intake = Intake::new(store, inlet).with_batch(50).with_poll(Duration::from_millis(5));
    tokio::spawn(intake.run_until(std::future::pending()))
}

/// Two applications; the way between them is cut and stalled, and who reads and who sends is killed.
async fn exchange<A: Bench, B: Bench>(bank: A, ledger: B, test: &TestRedis) {
    let (out, cut_out) = test.through_proxy().await;
    let (into, cut_in) = test.through_proxy().await;
    let outbox = Outbox::new(bank.store(), "/bank", Clock::system()).unwrap();
    let mut sending = run(bank.store(), bridge(out.clone()));
    let mut reading = [intake(ledger.store(), into.clone()), intake(ledger.store(), into.clone())];
    let handling = run(ledger.store(), writer(&ledger));
    for hundred in 0..EVENTS / 100 {
        let events: Vec<_> = (hundred * 100..hundred * 100 + 100)
            .map(|cents| {
                let draft = Draft::new(Deposited { cents }).about(format!("account_{}", cents % SUBJECTS));
                outbox.prepare(draft).unwrap()
            })
            .collect();
        outbox.send_all(&events).await.unwrap();
        let seen = ledger.written().await;
        match hundred % 5 {
            0 => cut_out.cut(),
            1 => cut_in.cut(),
            2 => {
                sending.abort();
                sending = run(bank.store(), bridge(out.clone()));
            }
            3 => {
                let reader = usize::try_from(hundred).unwrap() / 5 % 2;
                reading[reader].abort();
                reading[reader] = intake(ledger.store(), into.clone());
            }
            _ => {
                cut_in.stall();
                cut_out.close();
                tokio::time::sleep(Duration::from_millis(5)).await;
                cut_in.resume();
                cut_out.resume();
            }
        }
        // On the way, so that the next disturbance meets some that are and some that are not there.
        until("something arrives", async || ledger.written().await > seen).await;
    }
    let expected = usize::try_from(EVENTS).unwrap();
    until("all have arrived", async || ledger.written().await >= expected).await;
    let effects = ledger.effects().await;
    assert_eq!(effects.len(), expected, "effects were doubled");
    let mut last = HashMap::new();
    for effect in effects {
        let before = last.insert(effect.key.clone(), effect.number);
        assert!(
            before.is_none_or(|before| before + SUBJECTS == effect.number),
            "{before:?}, then {effect:?}"
        );
    }
    let redis = test.redis();
    let length: usize = redis.query(cmd("XLEN").arg(redis.key("stream:bank"))).await.unwrap();
    assert_eq!(length, expected, "the stream has events twice");
    sending.abort();
    handling.abort();
    for reader in reading {
        reader.abort();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_between_databases() {
    each(async |db| {
        let Some(test) = TestRedis::create().await else { return };
        let other = TestDatabase::create(Backend::Memory, &DatabaseConfig::default()).await.unwrap();
        exchange(SqlBench::new(&db).await, SqlBench::new(&other.database()).await, &test).await;
        other.remove().await;
        test.remove().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_in_memory_and_on_the_way_to_postgres() {
    let Some(test) = TestRedis::create().await else { return };
    let Some(db) = TestDatabase::create(Backend::Postgres, &DatabaseConfig::default()).await else { return };
    exchange(MemoryBench::new(), SqlBench::new(&db.database()).await, &test).await;
    db.remove().await;
    test.remove().await;
}

#[tokio::test]
async fn one_reads_at_a_time_and_what_is_no_event_goes_aside() {
    let Some(test) = TestRedis::create().await else { return };
    let redis = test.redis();
    let metrics = Metrics::new();
    let first = RedisInlet::new(test.redis(), "bank", "ledger").with_lease(Duration::from_millis(1_500));
    let second = RedisInlet::new(test.redis(), "bank", "ledger").with_lease(Duration::from_millis(1_500));
    assert!(first.receive(10).await.unwrap().is_empty());
    let outbox = Outbox::new(MemoryBench::new().store(), "/bank", Clock::system()).unwrap();
    let event = outbox.prepare(Draft::new(Deposited { cents: 1 }).about("a")).unwrap();
    let outlet = RedisOutlet::new(test.redis(), "bank");
    for _ in 0..3 {
        outlet.send(&CloudEvent::from(&event)).await.unwrap();
    }
    for fields in [["event", "{}"], ["other", "x"]] {
        redis.query::<String>(cmd("XADD").arg(redis.key("stream:bank")).arg("*").arg(&fields)).await.unwrap();
    }
    assert_eq!(first.receive(10).await.unwrap().len(), 3);
    assert_eq!(first.receive(10).await.unwrap().len(), 3, "what was not settled comes again");
    assert!(second.receive(10).await.unwrap().is_empty(), "two read at once");
    until("the second takes over", async || second.receive(10).await.unwrap().len() == 3).await;
    assert!(first.receive(10).await.unwrap().is_empty());
    drop((first, second));
    let bench = MemoryBench::new();
    let inlet = RedisInlet::new(test.redis(), "bank", "ledger");
    let intake = Intake::new(bench.store(), inlet).with_poll(Duration::from_millis(1)).with_metrics(&metrics);
    let set_aside = async || metrics.render().contains("events_refused_total 2");
    intake.run_until(until("two are set aside", set_aside)).await;
    assert!(bench.store().advance().await.unwrap() <= 1);
    let aside: usize = redis.query(cmd("XLEN").arg(redis.key("stream:bank:aside:ledger"))).await.unwrap();
    assert_eq!(aside, 2);
    test.remove().await;
}
