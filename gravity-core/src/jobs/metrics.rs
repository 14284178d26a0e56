//! What is counted about jobs, and what a store says about its queues when somebody scrapes.

use super::JobStore;
use crate::Clock;
use crate::metrics::{Counter, Description, Family, Gauge, Histogram, Metrics, Samples};

pub(super) const ENQUEUED: Family<Counter, 1> =
    Family::counter("jobs_enqueued_total", "Jobs enqueued, committed or not.", &["queue"]);
pub(super) const STARTED: Family<Counter, 1> =
    Family::counter("jobs_started_total", "Jobs that were begun.", &["queue"]);
pub(super) const FINISHED: Family<Counter, 2> = Family::counter(
    "jobs_finished_total",
    "Jobs that workers have left, by what became of them.",
    &["queue", "outcome"],
);
pub(super) const DURATION: Family<Histogram, 1> =
    Family::histogram("jobs_duration_seconds", "How long jobs ran.", &["queue"]);
const COUNT: Family<Gauge, 2> = Family::gauge("jobs_count", "Jobs that are there.", &["queue", "state"]);
const OLDEST: Family<Gauge, 1> =
    Family::gauge("jobs_oldest_ready_seconds", "How long the oldest ready job has waited.", &["queue"]);

pub(crate) const FAMILIES: &[Description] = &[
    ENQUEUED.description(),
    STARTED.description(),
    FINISHED.description(),
    DURATION.description(),
    COUNT.description(),
    OLDEST.description(),
];

/// Tells how all queues of a store are doing whenever these metrics are scraped: `jobs_count` by queue and state,
/// and `jobs_oldest_ready_seconds` by queue.
///
/// The store is asked then, and counts; one process that is scraped is enough. What nodes count while they work,
/// they count into the metrics of their [`NodeConfig`](super::NodeConfig).
pub fn watch<S: JobStore>(store: S, clock: &Clock, metrics: &Metrics) {
    let clock = clock.clone();
    metrics.collect(move || {
        let (store, clock) = (store.clone(), clock.clone());
        async move {
            let mut samples = Samples::new();
            match (store.counts().await, store.ages().await) {
                (Ok(counts), Ok(ages)) => {
                    for count in counts {
                        samples.count(&COUNT, [&count.queue, count.state.as_str()], count.jobs);
                    }
                    for age in ages {
                        let waited = clock.now().saturating_since(age.since);
                        samples.set(&OLDEST, [&age.queue], waited.as_secs_f64());
                    }
                }
                (Err(error), _) | (_, Err(error)) => tracing::warn!(%error, "jobs could not be counted"),
            }
            samples
        }
    });
}
