//! [`MemoryEvents`]: the store in memory.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::watch;
use uuid::Uuid;

use super::MemoryTx;
use super::state::State;
use crate::Timestamp;
use crate::events::lane::index;
use crate::events::state::{LaneState, Poisoned, SubscriberState, View};
use crate::events::work::{Batch, Claim, Due, Origin, Settlement, Work};
use crate::events::{Deliver, Envelope, Error, EventId, EventStore, Found, Retention, Round, Search, Start};

/// Events in memory, for tests: the same behaviour as in a database, gone with the last handle.
#[derive(Clone, Default)]
pub struct MemoryEvents(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    hint: watch::Sender<()>,
}

impl MemoryEvents {
    /// No events, and no subscribers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `body` in a transaction, which commits when it returns `Ok`.
    pub async fn transaction<T, E>(
        &self,
        body: impl AsyncFnOnce(&mut MemoryTx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut tx = MemoryTx::default();
        let value = body(&mut tx).await?;
        self.commit(tx);
        Ok(value)
    }

    fn commit(&self, tx: MemoryTx<'_>) {
        self.state().commit(tx);
        self.0.hint.send_replace(());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is made in one go.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl EventStore for MemoryEvents {
    type Tx<'c> = MemoryTx<'c>;

    async fn append(&self, tx: &mut MemoryTx<'_>, events: &[Envelope]) -> Result<(), Error> {
        tx.events.extend_from_slice(events);
        Ok(())
    }

    async fn append_alone(&self, events: &[Envelope]) -> Result<(), Error> {
        self.commit(MemoryTx { events: events.to_vec(), ..MemoryTx::default() });
        Ok(())
    }

    async fn advance(&self) -> Result<i64, Error> {
        Ok(self.state().head)
    }

    async fn touched(&self, after: i64, to: i64) -> Result<Vec<(i16, i64)>, Error> {
        let state = self.state();
        let mut last = std::collections::BTreeMap::new();
        if after < to {
            last.extend(state.log.range(after + 1..=to).map(|(position, logged)| (logged.lane, *position)));
        }
        Ok(last.into_iter().collect())
    }

    fn hints(&self) -> watch::Receiver<()> {
        self.0.hint.subscribe()
    }

    async fn listen(&self) {
        std::future::pending::<()>().await;
    }

    async fn register(&self, subscriber: &str, start: Start) -> Result<(), Error> {
        self.state().register(subscriber, start);
        Ok(())
    }

    async fn forget(&self, subscriber: &str) -> Result<bool, Error> {
        let mut state = self.state();
        state.members.retain(|(name, _), _| **name != *subscriber);
        Ok(state.subscribers.remove(subscriber).is_some())
    }

    async fn set_paused(&self, subscriber: &str, is_paused: bool) -> Result<(), Error> {
        self.state().subscriber(subscriber)?.is_paused = is_paused;
        Ok(())
    }

    async fn subscribers(&self) -> Result<Vec<SubscriberState>, Error> {
        Ok(self.state().states())
    }

    async fn beat(&self, node: Uuid, subscribers: &[&str]) -> Result<View, Error> {
        Ok(self.state().beat(node, subscribers))
    }

    async fn take(&self, node: Uuid, seen: &LaneState) -> Result<Option<Claim>, Error> {
        Ok(self.state().take(node, seen))
    }

    async fn give_back(&self, claim: &Claim) -> Result<(), Error> {
        self.state().give_back(claim);
        Ok(())
    }

    async fn leave(&self, node: Uuid) -> Result<(), Error> {
        self.state().leave(node);
        Ok(())
    }

    async fn fetch(
        &self,
        claim: &Claim,
        names: Option<&[&'static str]>,
        after: i64,
        to: i64,
        limit: usize,
    ) -> Result<Vec<Work>, Error> {
        Ok(self.state().fetch(claim, names, after, to, limit))
    }

    async fn due(&self, claim: &Claim, now: Timestamp, limit: usize) -> Result<Due, Error> {
        self.state().due(claim, now, limit)
    }

    async fn skip(&self, claim: &Claim, to: i64) -> Result<(), Error> {
        let mut state = self.state();
        let lane = &mut state.claimed(claim)?.lanes[index(claim.lane)];
        lane.position = lane.position.max(to);
        Ok(())
    }

    async fn deliver(&self, batch: Batch<'_>, to: &dyn Deliver<Self>) -> Result<Settlement, Error> {
        let (known, blocked) = {
            let mut state = self.state();
            let entry = state.claimed(batch.claim)?;
            if entry.is_paused {
                return Err(Error::Paused);
            }
            let known = batch.work.iter().map(|work| work.id).filter(|id| entry.inbox.contains_key(id));
            let blocked = match batch.origin {
                Origin::Log { .. } => entry.waiting.values().map(|failed| failed.key.clone()).collect(),
                Origin::Retries => HashSet::new(),
            };
            (known.collect(), blocked)
        };
        let mut tx = MemoryTx::default();
        let mut round = Round::new(batch, known, blocked);
        while let Some(work) = round.next() {
            let mut inner = MemoryTx::default();
            let result = to.deliver(work, &mut inner).await;
            if result.is_ok() {
                tx.absorb(inner);
            }
            round.record(work, result);
        }
        let settlement = round.finish();
        let mut state = self.state();
        state.settle(batch.claim, &settlement, batch.clock.now())?;
        state.commit(tx);
        drop(state);
        self.0.hint.send_replace(());
        Ok(settlement)
    }

    async fn poisoned(
        &self,
        subscriber: &str,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<Poisoned>, Error> {
        Ok(self.state().poisoned(subscriber, after, limit))
    }

    async fn inspect(&self, subscriber: &str, id: EventId) -> Result<Option<Poisoned>, Error> {
        let all = self.state().poisoned(subscriber, None, usize::MAX);
        Ok(all.into_iter().find(|poisoned| poisoned.id == id))
    }

    async fn search(&self, search: &Search, limit: usize) -> Result<Vec<Found>, Error> {
        let state = self.state();
        let before = state.log.range(..search.before.unwrap_or(i64::MAX)).rev();
        let found = before.filter(|(_, logged)| search.finds(&logged.event)).take(limit);
        Ok(found
            .map(|(position, logged)| Found { position: *position, event: Ok(logged.event.clone()) })
            .collect())
    }

    async fn replay(&self, subscriber: &str, id: EventId, now: Timestamp) -> Result<bool, Error> {
        let mut state = self.state();
        let Some(failed) = state.take_poisoned(subscriber, id) else {
            return Ok(false);
        };
        let entry = state.subscriber(subscriber)?;
        let is_behind =
            entry.waiting.values().any(|other| other.key == failed.key && other.position < failed.position);
        let due = (!is_behind).then_some(now);
        let waiting = crate::events::work::Failed { attempt: 0, due, error: None, ..failed };
        entry.waiting.insert(waiting.position, waiting);
        Ok(true)
    }

    async fn discard(&self, subscriber: &str, id: EventId) -> Result<bool, Error> {
        Ok(self.state().take_poisoned(subscriber, id).is_some())
    }

    async fn retain(&self, retention: Retention, now: Timestamp) -> Result<u64, Error> {
        Ok(self.state().retain(retention, now))
    }
}

impl fmt::Debug for MemoryEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryEvents").field("events", &self.state().log.len()).finish()
    }
}
