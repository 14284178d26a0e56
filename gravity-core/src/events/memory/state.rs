//! What the store in memory holds.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;

use super::MemoryTx;
use crate::Timestamp;
use crate::events::lane::{LANES, index, lane_of};
use crate::events::state::LaneState;
use crate::events::work::{Claim, Failed, Settlement};
use crate::events::{Envelope, Error, EventId, Start};

#[derive(Default)]
pub(super) struct State {
    pub(super) head: i64,
    pub(super) log: BTreeMap<i64, Logged>,
    ids: HashSet<EventId>,
    pub(super) subscribers: BTreeMap<Arc<str>, SubscriberEntry>,
    pub(super) members: BTreeMap<(Arc<str>, Uuid), i64>,
}

pub(super) struct Logged {
    pub(super) lane: i16,
    pub(super) key: String,
    pub(super) event: Envelope,
}

pub(super) struct SubscriberEntry {
    pub(super) is_paused: bool,
    pub(super) lanes: Vec<LaneState>,
    pub(super) waiting: BTreeMap<i64, Failed>,
    pub(super) poisoned: BTreeMap<i64, (Failed, Timestamp)>,
    pub(super) inbox: HashMap<EventId, Timestamp>,
}

impl State {
    pub(super) fn commit(&mut self, tx: MemoryTx<'_>) {
        for action in tx.actions {
            action();
        }
        for event in tx.events {
            if self.ids.insert(event.id) {
                self.head += 1;
                let key = event.key();
                self.log.insert(self.head, Logged { lane: lane_of(&key), key, event });
            }
        }
    }

    pub(super) fn register(&mut self, subscriber: &str, start: Start) {
        let name: Arc<str> = subscriber.into();
        let position = if start == Start::Now { self.head } else { 0 };
        let lane = |lane| LaneState { subscriber: name.clone(), lane, owner: None, fence: 0, position };
        self.subscribers.entry(name.clone()).or_insert_with(|| SubscriberEntry {
            is_paused: false,
            lanes: (0..LANES).map(lane).collect(),
            waiting: BTreeMap::new(),
            poisoned: BTreeMap::new(),
            inbox: HashMap::new(),
        });
    }

    pub(super) fn subscriber(&mut self, name: &str) -> Result<&mut SubscriberEntry, Error> {
        self.subscribers.get_mut(name).ok_or(Error::UnknownSubscriber)
    }

    /// The subscriber's books, if the claim still holds.
    pub(super) fn claimed(&mut self, claim: &Claim) -> Result<&mut SubscriberEntry, Error> {
        let entry = self.subscriber(&claim.subscriber)?;
        if entry.lanes[index(claim.lane)].fence == claim.fence { Ok(entry) } else { Err(Error::Fenced) }
    }

    pub(super) fn settle(
        &mut self,
        claim: &Claim,
        settlement: &Settlement,
        now: Timestamp,
    ) -> Result<(), Error> {
        let entry = self.claimed(claim)?;
        if let Some(position) = settlement.position {
            let lane = &mut entry.lanes[index(claim.lane)];
            lane.position = lane.position.max(position);
        }
        entry.inbox.extend(settlement.handled.iter().map(|id| (*id, now)));
        for position in &settlement.cleared {
            entry.waiting.remove(position);
        }
        entry.waiting.extend(settlement.waiting.iter().map(|failed| (failed.position, failed.clone())));
        let poisoned = settlement.poisoned.iter();
        entry.poisoned.extend(poisoned.map(|failed| (failed.position, (failed.clone(), now))));
        for key in &settlement.freed {
            if let Some(first) = entry.waiting.values_mut().find(|failed| failed.key == *key) {
                first.due.get_or_insert(now);
            }
        }
        Ok(())
    }

    pub(super) fn forget_events(&mut self, positions: &[i64]) {
        for position in positions {
            let Some(logged) = self.log.remove(position) else { continue };
            self.ids.remove(&logged.event.id);
            for entry in self.subscribers.values_mut() {
                entry.waiting.remove(position);
                entry.poisoned.remove(position);
                entry.inbox.remove(&logged.event.id);
            }
        }
    }
}
