//! What is read from the log, and what is deleted from it.

use super::state::State;
use crate::Timestamp;
use crate::events::lane::index;
use crate::events::state::{Poisoned, SubscriberState};
use crate::events::work::{Claim, Due, Failed, Work};
use crate::events::{Error, EventId, Retention};

impl State {
    pub(super) fn fetch(
        &self,
        claim: &Claim,
        names: Option<&[&'static str]>,
        after: i64,
        to: i64,
        limit: usize,
    ) -> Vec<Work> {
        if after >= to {
            return Vec::new();
        }
        self.log
            .range(after + 1..=to)
            .filter(|(_, logged)| logged.lane == claim.lane)
            .filter(|(_, logged)| names.is_none_or(|names| names.contains(&logged.event.name.as_str())))
            .take(limit)
            .filter_map(|(position, _)| self.work(*position, 0))
            .collect()
    }

    pub(super) fn due(&mut self, claim: &Claim, now: Timestamp, limit: usize) -> Result<Due, Error> {
        let lane = claim.lane;
        let in_lane = |state: &Self, failed: &Failed| {
            state.log.get(&failed.position).is_some_and(|logged| logged.lane == lane)
        };
        let entry = self.claimed(claim)?;
        let waiting: Vec<_> = entry.waiting.values().cloned().collect();
        let mut due = Due::default();
        let mut closed = std::collections::HashSet::new();
        let mut open = std::collections::HashSet::new();
        for failed in waiting.iter().filter(|failed| in_lane(self, failed)) {
            if closed.contains(&failed.key) {
                continue;
            }
            match failed.due {
                Some(at) if at > now => {
                    due.next = Some(due.next.map_or(at, |next| next.min(at)));
                    closed.insert(failed.key.clone());
                }
                None if !open.contains(&failed.key) => {
                    closed.insert(failed.key.clone());
                }
                _ => {
                    open.insert(failed.key.clone());
                    if due.work.len() < limit {
                        due.work.extend(self.work(failed.position, failed.attempt));
                    }
                }
            }
        }
        Ok(due)
    }

    fn work(&self, position: i64, attempt: u32) -> Option<Work> {
        let logged = self.log.get(&position)?;
        Some(Work {
            position,
            id: logged.event.id,
            key: logged.key.clone(),
            attempt,
            event: Ok(logged.event.clone()),
        })
    }

    pub(super) fn states(&self) -> Vec<SubscriberState> {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        self.subscribers
            .iter()
            .map(|(name, entry)| SubscriberState {
                name: name.to_string(),
                is_paused: entry.is_paused,
                pending: count(
                    self.log
                        .iter()
                        .filter(|(position, logged)| entry.lanes[index(logged.lane)].position < **position)
                        .count(),
                ),
                waiting: count(entry.waiting.len()),
                poisoned: count(entry.poisoned.len()),
                lanes: entry.lanes.clone(),
            })
            .collect()
    }

    pub(super) fn poisoned(&self, subscriber: &str, after: Option<i64>, limit: usize) -> Vec<Poisoned> {
        let Some(entry) = self.subscribers.get(subscriber) else { return Vec::new() };
        let rows: Vec<_> = entry
            .poisoned
            .range(after.map_or(0, |after| after.saturating_add(1))..)
            .take(limit)
            .map(|(_, row)| row.clone())
            .collect();
        rows.into_iter()
            .filter_map(|(failed, failed_at)| {
                let logged = self.log.get(&failed.position)?;
                Some(Poisoned {
                    position: failed.position,
                    id: failed.id,
                    attempts: failed.attempt,
                    error: failed.error.unwrap_or_default(),
                    failed_at,
                    event: Ok(logged.event.clone()),
                })
            })
            .collect()
    }

    pub(super) fn take_poisoned(&mut self, subscriber: &str, id: EventId) -> Option<Failed> {
        let entry = self.subscribers.get_mut(subscriber)?;
        let position = entry.poisoned.iter().find(|(_, (failed, _))| failed.id == id).map(|(at, _)| *at)?;
        entry.poisoned.remove(&position).map(|(failed, _)| failed)
    }

    pub(super) fn retain(&mut self, retention: Retention, now: Timestamp) -> u64 {
        if self.subscribers.is_empty() {
            return 0;
        }
        let passed_before = now.saturating_sub(retention.passed);
        let any_before = retention.any.map(|any| now.saturating_sub(any));
        let is_free = |position: i64, lane: i16| {
            self.subscribers.values().all(|entry| {
                entry.lanes[index(lane)].position >= position
                    && !entry.waiting.contains_key(&position)
                    && !entry.poisoned.contains_key(&position)
            })
        };
        let positions: Vec<_> = self
            .log
            .iter()
            .filter(|(position, logged)| {
                any_before.is_some_and(|before| logged.event.time < before)
                    || (logged.event.time < passed_before && is_free(**position, logged.lane))
            })
            .map(|(position, _)| *position)
            .collect();
        self.forget_events(&positions);
        u64::try_from(positions.len()).unwrap_or(u64::MAX)
    }
}
