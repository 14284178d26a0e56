//! What is counted about locks.

use crate::metrics::{Counter, Description, Family, Histogram, Metrics};

const ACQUIRED: Family<Counter, 0> = Family::counter("locks_acquired_total", "Locks that were got.", &[]);
const TAKEN: Family<Counter, 0> =
    Family::counter("locks_taken_total", "Locks that were not got, because somebody else had them.", &[]);
const LOST: Family<Counter, 0> =
    Family::counter("locks_lost_total", "Locks that were lost while they were held.", &[]);
const WAIT: Family<Histogram, 0> =
    Family::histogram("locks_wait_seconds", "How long it took to get a lock.", &[]);

pub(crate) const FAMILIES: &[Description] =
    &[ACQUIRED.description(), TAKEN.description(), LOST.description(), WAIT.description()];

pub(super) struct Counters {
    pub(super) acquired: Counter,
    pub(super) taken: Counter,
    pub(super) lost: Counter,
    pub(super) wait: Histogram,
}

impl Counters {
    pub(super) fn new(metrics: &Metrics) -> Self {
        Self {
            acquired: ACQUIRED.of(metrics, []),
            taken: TAKEN.of(metrics, []),
            lost: LOST.of(metrics, []),
            wait: WAIT.of(metrics, []),
        }
    }
}
