//! What a node counts about a queue.

use std::time::Duration;

use crate::Metrics;
use crate::metrics::{Counter, Histogram};

#[derive(Clone)]
pub(super) struct Counts {
    metrics: Metrics,
    queue: String,
    pub(super) started: Counter,
    done: Counter,
    pub(super) duration: Histogram,
}

impl Counts {
    pub(super) fn new(metrics: &Metrics, queue: &str) -> Self {
        let labels = [("queue", queue)];
        Self {
            started: metrics.counter("jobs_started_total", "Jobs that were begun.", &labels),
            done: finished(metrics, queue, "done"),
            duration: metrics.histogram("jobs_duration_seconds", "How long jobs ran.", &labels),
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
            finished(&self.metrics, &self.queue, outcome).increment();
        }
    }
}

fn finished(metrics: &Metrics, queue: &str, outcome: &str) -> Counter {
    let labels = [("queue", queue), ("outcome", outcome)];
    metrics.counter("jobs_finished_total", "Jobs that workers have left, by what became of them.", &labels)
}
