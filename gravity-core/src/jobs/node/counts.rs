//! What a node counts about a queue.

use std::time::Duration;

use crate::jobs::metrics::{DURATION, FINISHED, STARTED};
use crate::metrics::{Counter, Histogram, Metrics};

pub(super) struct Counts {
    metrics: Metrics,
    queue: String,
    pub(super) started: Counter,
    done: Counter,
    duration: Histogram,
}

impl Counts {
    pub(super) fn new(metrics: &Metrics, queue: &str) -> Self {
        Self {
            started: STARTED.of(metrics, [queue]),
            done: FINISHED.of(metrics, [queue, "done"]),
            duration: DURATION.of(metrics, [queue]),
            metrics: metrics.clone(),
            queue: queue.to_owned(),
        }
    }

    /// Counts a job that a worker has left.
    pub(super) fn finished(&self, outcome: &'static str, ran: Duration) {
        self.duration.observe(ran);
        if outcome == "done" {
            self.done.increment();
        } else {
            FINISHED.of(&self.metrics, [&self.queue, outcome]).increment();
        }
    }
}
