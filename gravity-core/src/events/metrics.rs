//! What is counted about events, and what a store says about its subscribers when somebody scrapes.

use super::EventStore;
use crate::metrics::{Counter, Description, Family, Gauge, Histogram, Metrics, Samples};

pub(super) const PUBLISHED: Family<Counter, 1> =
    Family::counter("events_published_total", "Events recorded, committed or not.", &["name"]);
pub(super) const HANDLED: Family<Counter, 1> =
    Family::counter("events_handled_total", "Events handled.", &["subscriber"]);
pub(super) const FAILED: Family<Counter, 1> =
    Family::counter("events_failed_total", "Attempts to handle an event that failed.", &["subscriber"]);
pub(super) const POISONED: Family<Counter, 1> =
    Family::counter("events_poisoned_total", "Events set aside.", &["subscriber"]);
pub(super) const DUPLICATES: Family<Counter, 1> = Family::counter(
    "events_duplicates_total",
    "Events passed over that had been handled before.",
    &["subscriber"],
);
pub(super) const LAG: Family<Gauge, 1> =
    Family::gauge("events_lag", "Events of the log after the lane that is furthest behind.", &["subscriber"]);
pub(super) const DELAY: Family<Histogram, 1> =
    Family::histogram("events_delay_seconds", "From the event to its handling.", &["subscriber"]);
pub(super) const RECEIVED: Family<Counter, 0> =
    Family::counter("events_received_total", "Events from brokers that are recorded here.", &[]);
pub(super) const REFUSED: Family<Counter, 0> =
    Family::counter("events_refused_total", "Messages of brokers that are no events of ours.", &[]);
const PENDING: Family<Gauge, 1> =
    Family::gauge("events_pending", "Events of the log that a subscriber has yet to pass.", &["subscriber"]);
const WAITING: Family<Gauge, 1> = Family::gauge(
    "events_waiting",
    "Events that wait for another attempt, or behind one that does.",
    &["subscriber"],
);
const SET_ASIDE: Family<Gauge, 1> =
    Family::gauge("events_set_aside", "Events that were set aside and are still there.", &["subscriber"]);
const PAUSED: Family<Gauge, 1> =
    Family::gauge("events_paused", "1 where a subscriber is paused.", &["subscriber"]);

pub(crate) const FAMILIES: &[Description] = &[
    PUBLISHED.description(),
    HANDLED.description(),
    FAILED.description(),
    POISONED.description(),
    DUPLICATES.description(),
    LAG.description(),
    DELAY.description(),
    RECEIVED.description(),
    REFUSED.description(),
    PENDING.description(),
    WAITING.description(),
    SET_ASIDE.description(),
    PAUSED.description(),
];

/// Tells how all subscribers of a store are doing whenever these metrics are scraped: `events_pending`,
/// `events_waiting`, `events_set_aside` and `events_paused`, by subscriber.
///
/// The store is asked then, and counts; one process that is scraped is enough. What nodes count while they
/// work, they count into the metrics of their [`NodeConfig`](super::NodeConfig).
pub fn watch<S: EventStore>(store: S, metrics: &Metrics) {
    metrics.collect(move || {
        let store = store.clone();
        async move {
            let mut samples = Samples::new();
            match store.subscribers().await {
                Ok(subscribers) => {
                    for state in subscribers {
                        let labels = [state.name.as_str()];
                        samples.count(&PENDING, labels, state.pending);
                        samples.count(&WAITING, labels, state.waiting);
                        samples.count(&SET_ASIDE, labels, state.poisoned);
                        samples.count(&PAUSED, labels, u64::from(state.is_paused));
                    }
                }
                Err(error) => tracing::warn!(%error, "the subscribers could not be counted"),
            }
            samples
        }
    });
}
