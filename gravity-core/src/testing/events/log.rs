//! What is recorded, and how long it is kept.

use std::time::Duration;

use super::bench::Bench;
use super::sample::{Deposited, Renamed};
use super::work::Hand;
use crate::events::{Draft, EventStore as _, Outbox, Retention, Start};
use crate::http::layer::TraceContext;
use crate::{TestClock, Timestamp};

pub(super) fn clock() -> TestClock {
    TestClock::at(Timestamp::from_seconds(1_800_000_000).unwrap())
}

pub(super) fn deposit(key: &str, cents: i64) -> Draft<Deposited> {
    Draft::new(Deposited { cents }).about(key)
}

pub(super) async fn what_is_recorded_comes_back<B: Bench>(bench: B) {
    let (clock, store) = (clock(), bench.store());
    let outbox = Outbox::new(store.clone(), "/bank", clock.clock()).unwrap();
    store.register("s", Start::Now).await.unwrap();
    let trace = TraceContext::start(true);
    let key = "счёт 🏦 \u{e9}\u{301}";
    let first = outbox.prepare(deposit(key, i64::MIN).traced(trace).correlated("заявка")).unwrap();
    let name = "\u{0} \" \\ 名".to_owned();
    let second = outbox.prepare(Draft::new(Renamed { name }).about(key).caused_by(&first)).unwrap();
    outbox.send_all(&[first.clone(), second.clone()]).await.unwrap();
    let mut hand = Hand::take(&bench, "s", key).await;
    let work = hand.fetch().await;
    let events: Vec<_> = work.iter().map(|work| work.event.clone().unwrap()).collect();
    assert_eq!(events, [first.clone(), second.clone()]);
    assert_eq!(second.correlation, "заявка");
    assert_eq!(second.causation, Some(first.id));
    assert_eq!(second.trace.unwrap().trace_id(), trace.trace_id());
    assert_eq!(events[0].decode::<Deposited>().unwrap().data.cents, i64::MIN);
    assert!(events[0].decode::<Renamed>().is_err());
    for bad in ["", "\n", "a\0b", &"x".repeat(256)] {
        assert!(outbox.send(deposit(bad, 1)).await.is_err(), "{bad:?}");
    }
}

pub(super) async fn an_event_rolled_back_was_never_there<B: Bench>(bench: B) {
    let (clock, store) = (clock(), bench.store());
    let outbox = Outbox::new(store.clone(), "/bank", clock.clock()).unwrap();
    store.register("s", Start::Beginning).await.unwrap();
    bench.record_in_vain(vec![outbox.prepare(deposit("a", 1)).unwrap()]).await;
    outbox.send(deposit("a", 2)).await.unwrap();
    let work = Hand::take(&bench, "s", "a").await.fetch().await;
    let cents: Vec<_> = work
        .iter()
        .map(|work| work.event.as_ref().unwrap().decode::<Deposited>().unwrap().data.cents)
        .collect();
    assert_eq!(cents, [2]);
}

pub(super) async fn an_id_is_recorded_once<B: Bench>(bench: B) {
    let (clock, store) = (clock(), bench.store());
    let outbox = Outbox::new(store.clone(), "/bank", clock.clock()).unwrap();
    store.register("s", Start::Now).await.unwrap();
    let id = outbox.send(deposit("a", 1)).await.unwrap();
    assert_eq!(outbox.send(deposit("a", 1).with_id(id)).await.unwrap(), id);
    assert_eq!(Hand::take(&bench, "s", "a").await.fetch().await.len(), 1);
}

pub(super) async fn subscribers_start_now_or_at_the_beginning<B: Bench>(bench: B) {
    let (clock, store) = (clock(), bench.store());
    let outbox = Outbox::new(store.clone(), "/bank", clock.clock()).unwrap();
    outbox.send(deposit("a", 1)).await.unwrap();
    store.register("now", Start::Now).await.unwrap();
    store.register("all", Start::Beginning).await.unwrap();
    outbox.send(deposit("a", 2)).await.unwrap();
    // Known already, it stays as it is.
    store.register("now", Start::Beginning).await.unwrap();
    store.advance().await.unwrap();
    let count = |states: &[crate::events::SubscriberState], name: &str| {
        states.iter().find(|state| state.name == name).map(|state| state.pending)
    };
    let states = store.subscribers().await.unwrap();
    assert_eq!((count(&states, "now"), count(&states, "all")), (Some(1), Some(2)));
    assert_eq!(Hand::take(&bench, "now", "a").await.fetch().await.len(), 1);
    assert_eq!(Hand::take(&bench, "all", "a").await.fetch().await.len(), 2);
    assert!(store.forget("now").await.unwrap());
    assert!(!store.forget("now").await.unwrap());
    assert_eq!(store.subscribers().await.unwrap().len(), 1);
}

pub(super) async fn only_what_all_have_passed_is_deleted<B: Bench>(bench: B) {
    let (clock, store) = (clock(), bench.store());
    let outbox = Outbox::new(store.clone(), "/bank", clock.clock()).unwrap();
    let keep = Retention::of(Duration::from_hours(1));
    outbox.send(deposit("a", 0)).await.unwrap();
    clock.advance(Duration::from_hours(2));
    // Nobody is known who could have passed it.
    assert_eq!(store.retain(keep, clock.now()).await.unwrap(), 0);
    store.register("fast", Start::Beginning).await.unwrap();
    store.register("slow", Start::Beginning).await.unwrap();
    for number in 1..=4 {
        outbox.send(deposit("a", number)).await.unwrap();
    }
    clock.advance(Duration::from_hours(2));
    let mut fast = Hand::take(&bench, "fast", "a").await.at(&clock);
    let mut slow = Hand::take(&bench, "slow", "a").await.at(&clock);
    fast.work_failing(|_| false).await;
    assert_eq!(store.retain(keep, clock.now()).await.unwrap(), 0);
    // The slow one sets one aside and lets one wait.
    slow.work_with(|cents| match cents {
        1 => Some(crate::events::Failure::new("never").permanent()),
        3 => Some(crate::events::Failure::new("later")),
        _ => None,
    })
    .await;
    // Gone are 0 and 2; 1 is aside, 3 waits, and 4 waits behind it.
    assert_eq!(store.retain(keep, clock.now()).await.unwrap(), 2);
    assert_eq!(store.poisoned("slow", None, 9).await.unwrap().len(), 1);
    clock.advance(Duration::from_hours(1));
    slow.retry_failing(|_| false).await;
    assert_eq!(store.retain(keep, clock.now()).await.unwrap(), 2);
    outbox.send(deposit("a", 5)).await.unwrap();
    assert_eq!(store.retain(keep, clock.now()).await.unwrap(), 0);
    // Positions go on where they were.
    assert_eq!(fast.work_failing(|_| false).await, [5]);
}

pub(super) async fn what_is_too_old_is_deleted_anyway<B: Bench>(bench: B) {
    let (clock, store) = (clock(), bench.store());
    let outbox = Outbox::new(store.clone(), "/bank", clock.clock()).unwrap();
    store.register("s", Start::Beginning).await.unwrap();
    for number in 1..=3 {
        outbox.send(deposit("a", number)).await.unwrap();
    }
    let mut hand = Hand::take(&bench, "s", "a").await.at(&clock);
    hand.work_failing(|cents| cents == 2).await;
    clock.advance(Duration::from_hours(30));
    outbox.send(deposit("a", 4)).await.unwrap();
    store.advance().await.unwrap();
    let keep = Retention::of(Duration::from_hours(1)).at_most(Duration::from_hours(24));
    assert_eq!(store.retain(keep, clock.now()).await.unwrap(), 3);
    assert_eq!(store.subscribers().await.unwrap()[0].waiting, 0);
    assert_eq!(hand.work_failing(|_| false).await, [4]);
}
