//! [`Round`]: the rules by which a batch is handled, the same for every store.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use super::work::{Batch, Failed, Origin, Settlement, Work};
use super::{EventId, Failure};

/// No further event of a batch is begun when it has run for this long.
const LONGEST: Duration = Duration::from_millis(500);

/// Goes through a batch: says which event is next, hears how it went, and in the end says what to write.
///
/// A store begins a transaction, makes a `Round` of what its tables say, runs each event that
/// [`Round::next`] gives in a savepoint, and writes what [`Round::finish`] says in that same transaction,
/// if the claim's fence still holds.
#[derive(Debug)]
pub struct Round<'b> {
    batch: Batch<'b>,
    known: HashSet<EventId>,
    blocked: HashSet<String>,
    freed: HashSet<String>,
    at: usize,
    began: Instant,
    has_run: bool,
    settlement: Settlement,
}

impl<'b> Round<'b> {
    /// `known` are the events of the batch that were handled before; `blocked` the keys of the batch that
    /// have events waiting, and for a batch of those that waited it is empty.
    pub fn new(batch: Batch<'b>, known: HashSet<EventId>, blocked: HashSet<String>) -> Self {
        Self {
            batch,
            known,
            blocked,
            freed: HashSet::new(),
            at: 0,
            began: Instant::now(),
            has_run: false,
            settlement: Settlement::default(),
        }
    }

    /// The next event to hand to its handler; `None` when the batch is done, or has taken long enough.
    #[expect(clippy::should_implement_trait, reason = "an iterator could not be told how it went in between")]
    pub fn next(&mut self) -> Option<&'b Work> {
        loop {
            let work = self.batch.work.get(self.at)?;
            if self.has_run && self.began.elapsed() > LONGEST {
                return None;
            }
            self.at += 1;
            if self.known.contains(&work.id) {
                self.settlement.duplicates += 1;
                self.clear(work);
            } else if !self.blocked.contains(&work.key) {
                self.has_run = true;
                return Some(work);
            } else if self.batch.origin != Origin::Retries {
                self.settlement.waiting.push(failed(work, 0, None));
            }
        }
    }

    /// How it went.
    pub fn record(&mut self, work: &Work, result: Result<(), Failure>) {
        let Err(failure) = result else {
            self.settlement.handled.push(work.id);
            self.clear(work);
            return;
        };
        self.settlement.failures += 1;
        let attempt = work.attempt.saturating_add(1);
        let mut failed = failed(work, attempt, Some(failure.text().to_owned()));
        if failure.is_permanent() || attempt >= self.batch.retry.attempts() {
            self.settlement.poisoned.push(failed);
            self.clear(work);
        } else {
            failed.due = Some(self.batch.clock.now().saturating_add(self.batch.retry.wait(attempt)));
            self.settlement.waiting.push(failed);
            self.blocked.insert(work.key.clone());
        }
    }

    /// What is to be written.
    pub fn finish(mut self) -> Settlement {
        self.settlement.position = match self.batch.origin {
            Origin::Retries => None,
            Origin::Log { to } if self.at == self.batch.work.len() => Some(to),
            // Something has run before the batch was cut, so there is one before.
            Origin::Log { .. } => self.batch.work[..self.at].last().map(|work| work.position),
        };
        let blocked = &self.blocked;
        self.settlement.freed = self.freed.into_iter().filter(|key| !blocked.contains(key)).collect();
        self.settlement
    }

    fn clear(&mut self, work: &Work) {
        if self.batch.origin == Origin::Retries {
            self.settlement.cleared.push(work.position);
            self.freed.insert(work.key.clone());
        }
    }
}

fn failed(work: &Work, attempt: u32, error: Option<String>) -> Failed {
    Failed { position: work.position, id: work.id, key: work.key.clone(), attempt, due: None, error }
}
