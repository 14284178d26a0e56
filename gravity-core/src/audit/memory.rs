//! [`MemoryAudit`]: the store in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::Notify;

use super::chain::is_empty;
use super::{
    AuditFilter, AuditId, AuditStore, Cut, Erasure, Error, Found, Head, Link, Linked, Part, Seal, Stored,
};
use crate::Timestamp;
use crate::events::MemoryTx;
use crate::page::{Keyset, PageRows, Position};

/// The audit log in memory, for tests: the same behaviour as in a database, gone with the last handle.
///
/// Its transactions are those of [`MemoryEvents`](crate::events::MemoryEvents).
#[derive(Clone, Default)]
pub struct MemoryAudit(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    hint: Notify,
}

struct State {
    records: BTreeMap<AuditId, Stored>,
    pending: BTreeMap<i64, AuditId>,
    last_pending: i64,
    chain: BTreeMap<i64, Link>,
    positions: BTreeMap<AuditId, i64>,
    head: Head,
    cut: Option<Cut>,
    erasures: BTreeMap<(AuditId, Part), Erasure>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            records: BTreeMap::new(),
            pending: BTreeMap::new(),
            last_pending: 0,
            chain: BTreeMap::new(),
            positions: BTreeMap::new(),
            head: Head { position: 0, link: Vec::new(), mac: Vec::new() },
            cut: None,
            erasures: BTreeMap::new(),
        }
    }
}

impl State {
    fn append(&mut self, records: Vec<Stored>) {
        for record in records {
            self.last_pending += 1;
            self.pending.insert(self.last_pending, record.id);
            self.records.insert(record.id, record);
        }
    }

    fn found(&self, record: &Stored) -> Found {
        Found { position: self.positions.get(&record.id).copied(), record: record.clone() }
    }

    fn erase(&mut self, erasure: &Erasure) {
        let Some(record) = self.records.get_mut(&erasure.record) else { return };
        let key = (erasure.record, erasure.part);
        if self.erasures.contains_key(&key) {
            return;
        }
        self.erasures.insert(key, erasure.clone());
        let (salt, values) = match erasure.part {
            Part::Actor => (
                &mut record.actor_salt,
                [&mut record.actor, &mut record.impersonator, &mut record.address, &mut record.user_agent],
            ),
            Part::Target => (
                &mut record.target_salt,
                [&mut record.target_id, &mut record.before, &mut record.after, &mut record.extra],
            ),
        };
        *salt = None;
        for value in values {
            *value = None;
        }
    }
}

impl MemoryAudit {
    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is made in one go.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit(&self, records: Vec<Stored>) {
        self.state().append(records);
        self.0.hint.notify_one();
    }
}

fn size(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

#[async_trait]
impl AuditStore for MemoryAudit {
    type Tx<'c> = MemoryTx<'c>;

    async fn append(&self, tx: &mut MemoryTx<'_>, records: &[Stored]) -> Result<(), Error> {
        let (store, records) = (self.clone(), records.to_vec());
        tx.on_commit(move || store.commit(records));
        Ok(())
    }

    async fn append_alone(&self, records: &[Stored]) -> Result<(), Error> {
        self.commit(records.to_vec());
        Ok(())
    }

    async fn seal(&self, limit: u32, seal: &Seal<'_>) -> Result<usize, Error> {
        let mut state = self.state();
        let first: Vec<i64> = state.pending.keys().copied().take(size(limit)).collect();
        let records: Vec<(AuditId, Vec<u8>)> = first
            .iter()
            .filter_map(|at| {
                let id = state.pending.get(at)?;
                Some((*id, state.records.get(id)?.mac.clone()))
            })
            .collect();
        if first.is_empty() {
            return Ok(0);
        }
        let (head, links) = seal(&state.head, &records)?;
        state.pending.retain(|at, _| !first.contains(at));
        state.head = head;
        for link in links {
            state.positions.insert(link.record, link.position);
            state.chain.insert(link.position, link);
        }
        Ok(first.len())
    }

    async fn head(&self) -> Result<Head, Error> {
        Ok(self.state().head.clone())
    }

    async fn cut(&self) -> Result<Option<Cut>, Error> {
        Ok(self.state().cut.clone())
    }

    async fn links(&self, after: i64, to: i64, limit: u32) -> Result<Vec<Linked>, Error> {
        let state = self.state();
        let linked =
            |link: &Link| Linked { link: link.clone(), record: state.records.get(&link.record).cloned() };
        let links = state.chain.values().filter(|link| link.position > after && link.position <= to);
        Ok(links.take(size(limit)).map(linked).collect())
    }

    async fn pending(&self, after: i64, limit: u32) -> Result<Vec<(i64, AuditId, Option<Stored>)>, Error> {
        let state = self.state();
        let pending = state.pending.iter().filter(|(at, _)| **at > after).take(size(limit));
        Ok(pending.map(|(at, id)| (*at, *id, state.records.get(id).cloned())).collect())
    }

    async fn stray(&self) -> Result<Option<AuditId>, Error> {
        let state = self.state();
        let is_known = |id: &AuditId| {
            state.positions.contains_key(id) || state.pending.values().any(|pending| pending == id)
        };
        Ok(state.records.keys().find(|id| !is_known(id)).copied())
    }

    async fn erasures(&self, of: &[AuditId]) -> Result<Vec<Erasure>, Error> {
        Ok(self.state().erasures.values().filter(|erasure| of.contains(&erasure.record)).cloned().collect())
    }

    async fn naming(&self, name: &str, part: Part, limit: u32) -> Result<Vec<AuditId>, Error> {
        let is = |value: &Option<String>| value.as_deref() == Some(name);
        let names = |record: &&Stored| match part {
            Part::Actor => is(&record.actor) || is(&record.impersonator),
            Part::Target => is(&record.target_id),
        };
        Ok(self.state().records.values().filter(names).take(size(limit)).map(|record| record.id).collect())
    }

    async fn erase(&self, erasures: &[Erasure]) -> Result<(), Error> {
        let mut state = self.state();
        erasures.iter().for_each(|erasure| state.erase(erasure));
        debug_assert!(
            state
                .records
                .values()
                .all(|record| { record.actor_salt.is_some() || is_empty(record, Part::Actor) })
        );
        Ok(())
    }

    async fn position_before(&self, time: Timestamp) -> Result<i64, Error> {
        let state = self.state();
        let is_newer =
            |link: &&Link| state.records.get(&link.record).is_some_and(|record| record.recorded_at >= time);
        Ok(state.chain.values().find(is_newer).map_or(state.head.position, |link| link.position - 1))
    }

    async fn prune(&self, cut: &Cut) -> Result<u64, Error> {
        let mut state = self.state();
        let kept = state.chain.split_off(&(cut.position + 1));
        let gone = std::mem::replace(&mut state.chain, kept);
        for link in gone.values() {
            state.records.remove(&link.record);
            state.positions.remove(&link.record);
            state.erasures.retain(|(record, _), _| *record != link.record);
        }
        state.cut = Some(cut.clone());
        Ok(gone.len() as u64)
    }

    async fn list(
        &self,
        filter: &AuditFilter,
        order: &Keyset,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Found>, Error> {
        let state = self.state();
        let found = state.records.values().filter(|record| filter.takes(record));
        let found = found.map(|record| state.found(record));
        Ok(order.pick(found, from, limit, |found| super::store::place(&found.record))?)
    }

    async fn get(&self, id: AuditId) -> Result<Option<Found>, Error> {
        let state = self.state();
        Ok(state.records.get(&id).map(|record| state.found(record)))
    }

    async fn hint(&self) {
        self.0.hint.notified().await;
    }
}

impl fmt::Debug for MemoryAudit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryAudit").field("records", &self.state().records.len()).finish()
    }
}
