//! How a batch is handled, step by step and without a node.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::bench::{Bench, Effect};
use super::log::{clock, deposit};
use super::sample::Deposited;
use crate::events::{
    Batch, Claim, Deliver, Due, Error, EventStore, Failure, Origin, Outbox, Retry, Settlement, Start, Work,
};
use crate::{Clock, TestClock};

/// Works on the lane of one key by hand.
pub(super) struct Hand<B: Bench> {
    bench: B,
    pub(super) claim: Claim,
    read: i64,
    clock: Clock,
    retry: Retry,
}

/// What a handler does about an amount.
struct Acts<B, F> {
    bench: B,
    fails: F,
    handled: Mutex<Vec<i64>>,
}

impl<B: Bench, F: Fn(i64) -> Option<Failure> + Send + Sync> Deliver<B::Store> for Acts<B, F> {
    fn deliver<'a>(
        &'a self,
        work: &'a Work,
        tx: &'a mut <B::Store as EventStore>::Tx<'_>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let event = work.event.as_ref().map_err(Failure::new)?.decode::<Deposited>()?;
            let number = event.data.cents;
            self.bench.write(tx, Effect { key: work.key.clone(), number }).await?;
            if let Some(failure) = (self.fails)(number) {
                return Err(failure);
            }
            self.handled.lock().unwrap().push(number);
            Ok(())
        })
    }
}

impl<B: Bench> Hand<B> {
    /// Takes the lane of a key, from whoever holds it.
    pub(super) async fn take(bench: &B, subscriber: &str, key: &str) -> Self {
        let store = bench.store();
        let node = Uuid::now_v7();
        let lane = crate::events::lane_of(key);
        let view = store.beat(node, &[subscriber]).await.unwrap();
        let seen = view.lanes.iter().find(|seen| seen.lane == lane).unwrap();
        let claim = store.take(node, seen).await.unwrap().unwrap();
        let read = claim.position;
        Self { bench: bench.clone(), claim, read, clock: clock().clock(), retry: Retry::new() }
    }

    pub(super) fn at(mut self, clock: &TestClock) -> Self {
        self.clock = clock.clock();
        self
    }

    fn trying(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    pub(super) async fn fetch(&mut self) -> Vec<Work> {
        let store = self.bench.store();
        let head = store.advance().await.unwrap();
        store.fetch(&self.claim, None, self.read, head, 100).await.unwrap()
    }

    async fn due(&self) -> Due {
        self.bench.store().due(&self.claim, self.clock.now(), 100).await.unwrap()
    }

    async fn deliver(
        &self,
        origin: Origin,
        work: &[Work],
        fails: impl Fn(i64) -> Option<Failure> + Send + Sync,
    ) -> Result<(Settlement, Vec<i64>), Error> {
        let acts = Acts { bench: self.bench.clone(), fails, handled: Mutex::default() };
        let batch = Batch {
            claim: &self.claim,
            origin,
            work,
            may_wait: true,
            retry: &self.retry,
            clock: &self.clock,
        };
        let settlement = self.bench.store().deliver(batch, &acts).await?;
        Ok((settlement, acts.handled.into_inner().unwrap()))
    }

    /// Handles what is new, and says which amounts were handled.
    pub(super) async fn work_with(
        &mut self,
        fails: impl Fn(i64) -> Option<Failure> + Send + Sync,
    ) -> Vec<i64> {
        let work = self.fetch().await;
        let to = work.last().map_or(self.read, |work| work.position);
        let (settlement, handled) = self.deliver(Origin::Log { to }, &work, fails).await.unwrap();
        self.read = settlement.position.unwrap();
        handled
    }

    pub(super) async fn work_failing(&mut self, fails: impl Fn(i64) -> bool + Send + Sync) -> Vec<i64> {
        self.work_with(|cents| fails(cents).then(|| Failure::new("not today"))).await
    }

    /// Handles what waited, and says which amounts were handled.
    pub(super) async fn retry_failing(&mut self, fails: impl Fn(i64) -> bool + Send + Sync) -> Vec<i64> {
        let due = self.due().await;
        let fails = |cents| fails(cents).then(|| Failure::new("not today"));
        self.deliver(Origin::Retries, &due.work, fails).await.unwrap().1
    }
}

async fn numbers<B: Bench>(bench: &B, key: &str) -> Vec<i64> {
    let effects = bench.effects().await;
    effects.into_iter().filter(|effect| effect.key == key).map(|effect| effect.number).collect()
}

async fn begin<B: Bench>(bench: &B, events: &[(&str, i64)]) -> TestClock {
    let clock = clock();
    let outbox = Outbox::new(bench.store(), "/bank", clock.clock()).unwrap();
    bench.store().register("s", Start::Beginning).await.unwrap();
    for (key, cents) in events {
        outbox.send(deposit(key, *cents)).await.unwrap();
    }
    clock
}

/// Two keys of one lane.
fn neighbours() -> (&'static str, String) {
    let lane = crate::events::lane_of("a");
    let other = (0..1_000).map(|number| format!("b{number}")).find(|key| crate::events::lane_of(key) == lane);
    ("a", other.unwrap())
}

pub(super) async fn a_lane_has_one_holder_and_late_writes_are_refused<B: Bench>(bench: B) {
    begin(&bench, &[("a", 1)]).await;
    let store = bench.store();
    let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
    let lane = crate::events::lane_of("a");
    let view = store.beat(first, &["s"]).await.unwrap();
    let seen = view.lanes.iter().find(|seen| seen.lane == lane).unwrap();
    let (one, two) = tokio::join!(store.take(first, seen), store.take(second, seen));
    let winners = [one.unwrap(), two.unwrap()];
    assert_eq!(winners.iter().flatten().count(), 1, "{winners:?}");
    assert!(store.take(first, seen).await.unwrap().is_none());

    let mut stale = Hand::take(&bench, "s", "a").await;
    let work = stale.fetch().await;
    let mut heir = Hand::take(&bench, "s", "a").await;
    assert!(heir.claim.fence > stale.claim.fence);
    let to = work[0].position;
    let refused = stale.deliver(Origin::Log { to }, &work, |_| None).await;
    assert!(matches!(refused, Err(Error::Fenced)), "{refused:?}");
    assert!(matches!(store.skip(&stale.claim, to).await, Err(Error::Fenced)));
    // It gives back what is not its own any more: nothing happens.
    store.give_back(&stale.claim).await.unwrap();
    assert!(numbers(&bench, "a").await.is_empty());
    assert_eq!(heir.work_failing(|_| false).await, [1]);
    assert_eq!(numbers(&bench, "a").await, [1]);
}

pub(super) async fn effects_happen_once<B: Bench>(bench: B) {
    begin(&bench, &[("a", 1), ("a", 2)]).await;
    let mut hand = Hand::take(&bench, "s", "a").await;
    let work = hand.fetch().await;
    assert_eq!(hand.work_failing(|_| false).await, [1, 2]);
    // The same again, as a node does whose answer was lost.
    let to = work[1].position;
    let (settlement, done) = hand.deliver(Origin::Log { to }, &work, |_| None).await.unwrap();
    assert_eq!((settlement.duplicates, done), (2, vec![]));
    assert_eq!(numbers(&bench, "a").await, [1, 2]);
}

pub(super) async fn a_failed_event_holds_up_its_key_alone<B: Bench>(bench: B) {
    let (key, other) = neighbours();
    let clock = begin(&bench, &[(key, 1), (&other, 11), (key, 2), (key, 3), (&other, 12)]).await;
    let mut hand = Hand::take(&bench, "s", key).await.at(&clock);
    assert_eq!(hand.work_failing(|cents| cents == 2).await, [1, 11, 12]);
    // Another node takes over, and the key still waits.
    let outbox = Outbox::new(bench.store(), "/bank", clock.clock()).unwrap();
    outbox.send(deposit(key, 4)).await.unwrap();
    outbox.send(deposit(&other, 13)).await.unwrap();
    let mut heir = Hand::take(&bench, "s", key).await.at(&clock);
    assert_eq!(heir.work_failing(|_| false).await, [13]);
    assert!(heir.due().await.work.is_empty());
    clock.advance(Duration::from_secs(1));
    // The first recovers, and then the one behind it fails.
    assert_eq!(heir.retry_failing(|cents| cents == 3).await, [2]);
    assert!(heir.due().await.work.is_empty());
    clock.advance(Duration::from_secs(1));
    assert_eq!(heir.retry_failing(|_| false).await, [3, 4]);
    assert_eq!(numbers(&bench, key).await, [1, 2, 3, 4]);
    assert_eq!(numbers(&bench, &other).await, [11, 12, 13]);
    assert_eq!(bench.store().subscribers().await.unwrap()[0].waiting, 0);
}

pub(super) async fn waits_double_and_end<B: Bench>(bench: B) {
    let clock = begin(&bench, &[("a", 1)]).await;
    let retry = Retry::new().with_attempts(5).with_waits(Duration::from_secs(8), Duration::from_secs(20));
    let mut hand = Hand::take(&bench, "s", "a").await.at(&clock).trying(retry);
    assert!(hand.work_failing(|_| true).await.is_empty());
    for (attempt, longest) in [(1, 8), (2, 16), (3, 20), (4, 20)] {
        let due = hand.due().await;
        assert!(due.work.is_empty());
        let wait = due.next.unwrap().saturating_since(clock.now());
        let longest = Duration::from_secs(longest);
        assert!(wait <= longest && wait >= longest / 2, "{attempt}: {wait:?}");
        clock.advance(wait);
        let due = hand.due().await;
        assert_eq!(due.work[0].attempt, attempt);
        hand.retry_failing(|_| true).await;
    }
    let due = hand.due().await;
    assert!(due.work.is_empty() && due.next.is_none());
    assert_eq!(bench.store().poisoned("s", None, 10).await.unwrap()[0].attempts, 5);
    assert!(bench.effects().await.is_empty());
}

pub(super) async fn poison_goes_aside_and_comes_back<B: Bench>(bench: B) {
    let clock = begin(&bench, &[("a", 1), ("a", 2), ("a", 3), ("a", 4)]).await;
    let store = bench.store();
    let mut hand = Hand::take(&bench, "s", "a").await.at(&clock);
    let never = |cents: i64| (cents % 2 == 1).then(|| Failure::new("never: \u{0}✗").permanent());
    assert_eq!(hand.work_with(never).await, [2, 4]);
    let poisoned = store.poisoned("s", None, 1).await.unwrap();
    assert_eq!((poisoned.len(), poisoned[0].error.as_str()), (1, "never: ✗"));
    let rest = store.poisoned("s", Some(poisoned[0].position), 10).await.unwrap();
    assert_eq!(rest[0].event.as_ref().unwrap().decode::<Deposited>().unwrap().data.cents, 3);
    assert!(store.poisoned("s", Some(i64::MAX), 10).await.unwrap().is_empty());

    let now = clock.now();
    assert!(store.replay("s", rest[0].id, now).await.unwrap());
    assert!(!store.replay("s", rest[0].id, now).await.unwrap());
    assert!(store.replay("s", poisoned[0].id, now).await.unwrap());
    assert_eq!(hand.retry_failing(|cents| cents == 3).await, [1]);
    clock.advance(Duration::from_secs(1));
    assert_eq!(hand.retry_failing(|_| false).await, [3]);
    assert_eq!(numbers(&bench, "a").await, [2, 4, 1, 3]);
    assert!(store.poisoned("s", None, 10).await.unwrap().is_empty());
    assert!(!store.discard("s", rest[0].id).await.unwrap());
    // One that nobody knows has set nothing aside.
    assert!(store.poisoned("nobody", None, 10).await.unwrap().is_empty());
    assert!(store.inspect("nobody", rest[0].id).await.unwrap().is_none());
    assert!(!store.replay("nobody", rest[0].id, now).await.unwrap());
    assert!(!store.discard("nobody", rest[0].id).await.unwrap());
}

pub(super) async fn a_pause_stops_work<B: Bench>(bench: B) {
    begin(&bench, &[("a", 1)]).await;
    let store = bench.store();
    let mut hand = Hand::take(&bench, "s", "a").await;
    store.set_paused("s", true).await.unwrap();
    assert_eq!(store.beat(Uuid::now_v7(), &["s"]).await.unwrap().paused, ["s"]);
    let work = hand.fetch().await;
    let to = work[0].position;
    let refused = hand.deliver(Origin::Log { to }, &work, |_| None).await;
    assert!(matches!(refused, Err(Error::Paused)), "{refused:?}");
    store.set_paused("s", false).await.unwrap();
    assert_eq!(hand.work_failing(|_| false).await, [1]);
    assert!(matches!(store.set_paused("nobody", true).await, Err(Error::UnknownSubscriber)));
}
