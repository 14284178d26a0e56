//! Many events through many nodes that fail and die, and a count of what came out.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;

use super::bench::{Bench, Effect};
use super::log::deposit;
use super::nodes::{node, start};
use super::sample::Deposited;
use crate::events::{EventStore as _, Failure, Outbox, Retry, Start, Subscriber};
use crate::testing::Random;
use crate::testing::wait::until;
use crate::{Clock, Metrics};

/// How much there is to do, and what goes wrong.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// How many events are recorded.
    pub events: i64,
    /// Under how many keys.
    pub keys: i64,
    /// By how many who record at once.
    pub publishers: i64,
    /// How many nodes share the work.
    pub nodes: usize,
    /// Of a thousand attempts, how many fail.
    pub failures: u64,
    /// How often a node is killed while there is work.
    pub kills: usize,
    /// Where randomness begins.
    pub seed: u64,
}

impl Default for Load {
    /// 10,000 events of 97 keys, four publishers, four nodes of which one dies six times, and each twentieth
    /// attempt fails.
    fn default() -> Self {
        Self { events: 10_000, keys: 97, publishers: 4, nodes: 4, failures: 50, kills: 6, seed: 1 }
    }
}

/// Runs a load, and says how long it took from the first event to the last effect.
///
/// # Panics
///
/// When an event is lost, has its effect twice, or comes before an earlier one of its key.
pub async fn run_load<B: Bench>(bench: B, load: Load) -> Duration {
    let random = Arc::new(Random::new(load.seed));
    let metrics = Metrics::new();
    bench.store().register("load", Start::Now).await.unwrap();
    let run_node = || {
        let subscriber = fallible(&bench, &random, load.failures);
        start(node(&bench, &Clock::system(), &metrics).with_subscriber(subscriber))
    };
    let mut nodes: Vec<_> = (0..load.nodes).map(|_| run_node()).collect();
    let began = Instant::now();
    let publishers: Vec<_> = (0..load.publishers)
        .map(|publisher| tokio::spawn(publish(bench.clone(), load, publisher, random.clone()).boxed()))
        .collect();
    let total = usize::try_from(load.events).unwrap();
    for kill in 1..=load.kills {
        // Spread over the work.
        let goal = total * kill / (load.kills + 1);
        until("some more is written", async || bench.written().await >= goal).await;
        let victim = usize::try_from(random.below(load.nodes as u64)).unwrap();
        nodes[victim].abort();
        nodes[victim] = run_node();
    }
    for publisher in publishers {
        publisher.await.unwrap();
    }
    until("all is written", async || bench.written().await >= total).await;
    let took = began.elapsed();
    // What is delivered twice comes soon after.
    until("nothing waits", async || {
        let state = bench.store().subscribers().await.unwrap().remove(0);
        state.pending == 0 && state.waiting == 0
    })
    .await;
    for node in nodes {
        node.abort();
    }
    assert_eq!(bench.store().poisoned("load", None, 1).await.unwrap().len(), 0);
    check(&bench.effects().await, load);
    took
}

fn fallible<B: Bench>(bench: &B, random: &Arc<Random>, failures: u64) -> Subscriber<B::Store> {
    let (bench, random) = (bench.clone(), random.clone());
    Subscriber::new("load")
        .retrying(
            Retry::new().with_attempts(50).with_waits(Duration::from_millis(2), Duration::from_millis(20)),
        )
        .on::<Deposited>(move |event, tx| {
            let fails = random.below(1_000) < failures;
            let key = event.subject.clone().unwrap_or_default();
            let written = bench.write(tx, Effect { key, number: event.data.cents });
            Box::pin(async move {
                written.await?;
                if fails { Err(Failure::new("bad luck")) } else { Ok(()) }
            })
        })
}

/// Records the events of the keys that are this publisher's, in their order and in transactions of random size.
async fn publish<B: Bench>(bench: B, load: Load, publisher: i64, random: Arc<Random>) {
    let outbox = Outbox::new(bench.store(), "/load", Clock::system()).unwrap();
    let mut next = HashMap::<i64, i64>::new();
    let mut batch = Vec::new();
    let mine = (0..load.events).filter(|number| (number % load.keys) % load.publishers == publisher);
    for number in mine {
        let key = number % load.keys;
        let count = next.entry(key).or_default();
        batch.push(outbox.prepare(deposit(&format!("ключ {key}"), *count)).unwrap());
        *count += 1;
        if random.below(8) == 0 {
            if random.below(10) == 0 {
                let lost =
                    batch.iter().map(|event| outbox.prepare(event.decode::<Deposited>().unwrap().data));
                bench.record_in_vain(lost.map(Result::unwrap).collect()).await;
            }
            outbox.send_all(&std::mem::take(&mut batch)).await.unwrap();
        }
    }
    outbox.send_all(&batch).await.unwrap();
}

fn check(effects: &[Effect], load: Load) {
    let mut next = HashMap::<&str, i64>::new();
    for (at, effect) in effects.iter().enumerate() {
        let expected = next.entry(effect.key.as_str()).or_default();
        assert_eq!(
            effect.number, *expected,
            "`{}` has the wrong number as effect {at} (lost, twice or out of order); {load:?}",
            effect.key
        );
        *expected += 1;
    }
    assert_eq!(next.values().sum::<i64>(), load.events, "{load:?}");
}
