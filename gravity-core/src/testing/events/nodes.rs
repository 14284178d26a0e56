//! Nodes at work, and what becomes of their work when they stop.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use tokio::task::JoinHandle;

use super::bench::{Bench, Effect};
use super::log::{clock, deposit};
use super::sample::{Deposited, Renamed};
use crate::events::{Draft, Error, EventNode, EventStore, NodeConfig, Outbox, Retry, Start, Subscriber};
use crate::testing::wait::until;
use crate::{Clock, Metrics};

const LEASE: Duration = Duration::from_millis(400);

/// A subscriber that writes what it hears.
pub(super) fn writer<B: Bench>(bench: &B, name: &str) -> Subscriber<B::Store> {
    let bench = bench.clone();
    Subscriber::new(name)
        .starting(Start::Beginning)
        .retrying(Retry::new().with_waits(Duration::from_millis(4), Duration::from_millis(20)))
        .on::<Deposited>(move |event, tx| {
            let key = event.subject.clone().unwrap_or_default();
            let written = bench.write(tx, Effect { key, number: event.data.cents });
            Box::pin(async move { Ok(written.await?) })
        })
}

pub(super) fn node<B: Bench>(bench: &B, clock: &Clock, metrics: &Metrics) -> EventNode<B::Store> {
    let config = NodeConfig::new()
        .with_lease(LEASE)
        .with_poll(Duration::from_millis(100))
        .with_metrics(metrics.clone());
    EventNode::new(bench.store(), clock.clone(), config)
}

pub(super) fn start<S: EventStore>(node: EventNode<S>) -> JoinHandle<Result<(), Error>> {
    tokio::spawn(node.run_until(std::future::pending()).boxed())
}

async fn holders<B: Bench>(bench: &B) -> Vec<(uuid::Uuid, usize)> {
    let states = bench.store().subscribers().await.unwrap();
    let mut counts = std::collections::BTreeMap::new();
    for owner in states.iter().flat_map(|state| &state.lanes).filter_map(|lane| lane.owner) {
        *counts.entry(owner).or_default() += 1;
    }
    counts.into_iter().collect()
}

async fn written<B: Bench>(bench: &B) -> Vec<i64> {
    bench.effects().await.into_iter().map(|effect| effect.number).collect()
}

pub(super) async fn a_node_delivers_what_is_committed<B: Bench>(bench: B) {
    let clock = Clock::system();
    let outbox = Outbox::new(bench.store(), "/bank", clock.clone()).unwrap();
    outbox.send(deposit("a", 1)).await.unwrap();
    outbox.send(Draft::new(Renamed { name: "unheard".into() }).about("a")).await.unwrap();
    let metrics = Metrics::new();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = node(&bench, &clock, &metrics).with_subscriber(writer(&bench, "writer"));
    let running = tokio::spawn(running.run_until(stopped.map(|_| ())).boxed());
    until("the first is written", async || written(&bench).await == [1]).await;
    outbox.send(deposit("a", 2)).await.unwrap();
    until("the second is written", async || written(&bench).await == [1, 2]).await;
    until("the store knows that nothing is left", async || {
        bench.store().subscribers().await.unwrap()[0].pending == 0
    })
    .await;
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    // It has given back what it held, and left.
    assert!(holders(&bench).await.is_empty());
    assert!(bench.store().beat(uuid::Uuid::nil(), &["writer"]).await.unwrap().members.len() == 1);
    let text = metrics.render();
    assert!(text.contains("events_handled_total{subscriber=\"writer\"} 2\n"), "{text}");
    assert!(text.contains("events_delay_seconds_count{subscriber=\"writer\"} 2\n"), "{text}");
}

pub(super) async fn two_nodes_share_and_one_that_dies_is_replaced<B: Bench>(bench: B) {
    let (clock, metrics) = (Clock::system(), Metrics::new());
    let outbox = Outbox::new(bench.store(), "/bank", clock.clone()).unwrap();
    let one = start(node(&bench, &clock, &metrics).with_subscriber(writer(&bench, "writer")));
    until("one holds all lanes", async || holders(&bench).await.iter().any(|(_, lanes)| *lanes == 16)).await;
    let two = start(node(&bench, &clock, &metrics).with_subscriber(writer(&bench, "writer")));
    until("both hold half", async || {
        holders(&bench).await.iter().map(|(_, lanes)| *lanes).collect::<Vec<_>>() == [8, 8]
    })
    .await;
    for number in 0..20 {
        outbox.send(deposit(&format!("k{}", number % 5), number)).await.unwrap();
    }
    // It dies wherever it happens to be.
    one.abort();
    for number in 20..40 {
        outbox.send(deposit(&format!("k{}", number % 5), number)).await.unwrap();
    }
    until("all is written", async || bench.written().await >= 40).await;
    until("the other holds all lanes", async || holders(&bench).await.iter().any(|(_, lanes)| *lanes == 16))
        .await;
    two.abort();
    let effects = bench.effects().await;
    for key in 0..5 {
        let numbers: Vec<_> = effects
            .iter()
            .filter(|effect| effect.key == format!("k{key}"))
            .map(|effect| effect.number)
            .collect();
        assert_eq!(numbers, (0..8).map(|step| key + step * 5).collect::<Vec<_>>());
    }
}

pub(super) async fn a_paused_node_is_refused<B: Bench>(bench: B) {
    // This node's time stands still, so it gives no sign of life, and it goes on working all the same, as one
    // that was stopped and resumed does before it looks around. Its clock is years off, too.
    let (frozen, metrics) = (clock(), [Metrics::new(), Metrics::new()]);
    let outbox = Outbox::new(bench.store(), "/bank", Clock::system()).unwrap();
    let paused = start(node(&bench, &frozen.clock(), &metrics[0]).with_subscriber(writer(&bench, "writer")));
    until("it holds all lanes", async || holders(&bench).await.iter().any(|(_, lanes)| *lanes == 16)).await;
    let first = holders(&bench).await;
    let heir = start(node(&bench, &Clock::system(), &metrics[1]).with_subscriber(writer(&bench, "writer")));
    until("another has taken them", async || {
        let now = holders(&bench).await;
        now.len() == 1 && now[0].1 == 16 && now != first
    })
    .await;
    for number in 0..32 {
        outbox.send(deposit(&format!("k{number}"), number)).await.unwrap();
    }
    until("all is written", async || bench.written().await >= 32).await;
    let mut numbers = written(&bench).await;
    numbers.sort_unstable();
    assert_eq!(numbers, (0..32).collect::<Vec<_>>());
    assert!(metrics[0].render().contains("events_handled_total{subscriber=\"writer\"} 0\n"));
    // It looks around, and takes part again. Its time goes as fast as the other's from now on.
    let seen = Mutex::new(Instant::now());
    until("it has its half again", async || {
        frozen.advance(std::mem::replace(&mut *seen.lock().unwrap(), Instant::now()).elapsed());
        holders(&bench).await.iter().map(|(_, lanes)| *lanes).collect::<Vec<_>>() == [8, 8]
    })
    .await;
    paused.abort();
    heir.abort();
}

pub(super) async fn a_node_wrongly_taken_for_dead_holds_its_lanes_again<B: Bench>(bench: B) {
    let (clock, metrics) = (Clock::system(), Metrics::new());
    let running = start(node(&bench, &clock, &metrics).with_subscriber(writer(&bench, "writer")));
    until("it holds all lanes", async || holders(&bench).await.iter().any(|(_, lanes)| *lanes == 16)).await;
    let before = holders(&bench).await;
    bench.store().leave(before[0].0).await.unwrap();
    until("it has noticed", async || holders(&bench).await == before).await;
    // What it does under the new leases counts.
    let outbox = Outbox::new(bench.store(), "/bank", clock).unwrap();
    for number in 0..32 {
        outbox.send(deposit(&format!("k{number}"), number)).await.unwrap();
    }
    until("all is written", async || bench.written().await >= 32).await;
    running.abort();
    let mut numbers = written(&bench).await;
    numbers.sort_unstable();
    assert_eq!(numbers, (0..32).collect::<Vec<_>>());
}

/// However far it is: lanes half taken, a sign of life on its way, events in hand.
pub(super) async fn a_node_that_stops_leaves_nothing_behind<B: Bench>(bench: B) {
    let (clock, metrics) = (Clock::system(), Metrics::new());
    let outbox = Outbox::new(bench.store(), "/bank", clock.clone()).unwrap();
    for round in 0..24_i64 {
        outbox.send(deposit(&format!("k{round}"), round)).await.unwrap();
        let stop = tokio::time::sleep(Duration::from_micros(1 << (round % 12)) * 10);
        let running = node(&bench, &clock, &metrics).with_subscriber(writer(&bench, "writer"));
        running.run_until(stop).await.unwrap();
        // At once, and nothing comes after.
        for _ in 0..2 {
            assert!(holders(&bench).await.is_empty(), "round {round}: {:?}", holders(&bench).await);
            let nobody = uuid::Uuid::nil();
            assert_eq!(bench.store().beat(nobody, &["writer"]).await.unwrap().members.len(), 1, "{round}");
            bench.store().leave(nobody).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let running = start(node(&bench, &clock, &metrics).with_subscriber(writer(&bench, "writer")));
    until("all is written", async || bench.written().await >= 24).await;
    running.abort();
    let mut numbers = written(&bench).await;
    numbers.sort_unstable();
    assert_eq!(numbers, (0..24).collect::<Vec<_>>());
}

pub(super) async fn panics_and_timeouts_are_failures<B: Bench>(bench: B) {
    let (clock, metrics) = (Clock::system(), Metrics::new());
    let outbox = Outbox::new(bench.store(), "/bank", clock.clone()).unwrap();
    let to_write = bench.clone();
    let subscriber = Subscriber::<B::Store>::new("fragile")
        .starting(Start::Beginning)
        // The one that hangs waits for it twice; nothing else shall, however slow the machine is.
        .with_timeout(Duration::from_secs(2))
        .retrying(
            Retry::new().with_attempts(2).with_waits(Duration::from_millis(1), Duration::from_millis(1)),
        )
        .on::<Deposited>(move |event, tx| {
            let number = event.data.cents;
            let written = to_write.write(tx, Effect { key: "fragile".into(), number });
            Box::pin(async move {
                written.await?;
                match number {
                    1 => panic!("dropped a vase"),
                    2 => std::future::pending().await,
                    _ => Ok(()),
                }
            })
        });
    let running = start(node(&bench, &clock, &metrics).with_subscriber(subscriber));
    for number in 1..=3 {
        outbox.send(deposit("fragile", number)).await.unwrap();
    }
    until("all is done", async || written(&bench).await == [3]).await;
    running.abort();
    let poisoned = bench.store().poisoned("fragile", None, 10).await.unwrap();
    let errors: Vec<_> = poisoned.iter().map(|poisoned| poisoned.error.as_str()).collect();
    assert_eq!(errors, ["the handler panicked: dropped a vase", "it took too long"]);
}
