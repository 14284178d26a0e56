//! What a subscriber's work is counted in.

use crate::events::metrics::{DELAY, DUPLICATES, FAILED, HANDLED, LAG, POISONED};
use crate::events::work::{Batch, Settlement};
use crate::metrics::{Counter, Gauge, Histogram, Metrics};

pub(super) struct Counts {
    handled: Counter,
    failed: Counter,
    poisoned: Counter,
    duplicates: Counter,
    pub(super) lag: Gauge,
    delay: Histogram,
}

impl Counts {
    pub(super) fn new(metrics: &Metrics, subscriber: &str) -> Self {
        let labels = [subscriber];
        Self {
            handled: HANDLED.of(metrics, labels),
            failed: FAILED.of(metrics, labels),
            poisoned: POISONED.of(metrics, labels),
            duplicates: DUPLICATES.of(metrics, labels),
            lag: LAG.of(metrics, labels),
            delay: DELAY.of(metrics, labels),
        }
    }

    pub(super) fn settled(&self, batch: &Batch<'_>, settlement: &Settlement) {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        self.handled.add(count(settlement.handled.len()));
        self.failed.add(settlement.failures);
        self.poisoned.add(count(settlement.poisoned.len()));
        self.duplicates.add(settlement.duplicates);
        let now = batch.clock.now();
        // Those of a batch are handled in its order.
        let mut handled = settlement.handled.iter().peekable();
        for work in batch.work {
            if handled.next_if(|id| **id == work.id).is_some()
                && let Ok(event) = &work.event
            {
                self.delay.observe(now.saturating_since(event.time));
            }
        }
    }
}
