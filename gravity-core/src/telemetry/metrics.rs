//! What the telemetry counts about itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::metrics::{Counter, Description, Family, Metrics, Samples};

const LINES_DROPPED: Family<Counter, 0> =
    Family::counter("log_lines_dropped_total", "Log lines that nobody took in time.", &[]);
const EXPORTED: Family<Counter, 0> =
    Family::counter("trace_spans_exported_total", "Spans that the collector took.", &[]);
const DROPPED: Family<Counter, 0> = Family::counter(
    "trace_spans_dropped_total",
    "Spans that were given up because the collector was away or slow.",
    &[],
);

pub(crate) const FAMILIES: &[Description] =
    &[LINES_DROPPED.description(), EXPORTED.description(), DROPPED.description()];

/// Counted where there may be no metrics yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts(Arc<Numbers>);

#[derive(Debug, Default)]
struct Numbers {
    lines_dropped: AtomicU64,
    #[cfg(feature = "otel")]
    exported: AtomicU64,
    #[cfg(feature = "otel")]
    dropped: AtomicU64,
}

impl Counts {
    pub(super) fn line_dropped(&self) {
        self.0.lines_dropped.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn lines_dropped(&self) -> u64 {
        self.0.lines_dropped.load(Ordering::Relaxed)
    }

    #[cfg(feature = "otel")]
    pub(super) fn spans_exported(&self, number: usize) {
        self.0.exported.fetch_add(u64::try_from(number).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    #[cfg(feature = "otel")]
    pub(super) fn spans_dropped(&self, number: usize) {
        self.0.dropped.fetch_add(u64::try_from(number).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn watch(&self, metrics: &Metrics) {
        let counts = self.clone();
        metrics.collect(move || {
            let mut samples = Samples::new();
            samples.count(&LINES_DROPPED, [], counts.lines_dropped());
            #[cfg(feature = "otel")]
            {
                samples.count(&EXPORTED, [], counts.0.exported.load(Ordering::Relaxed));
                samples.count(&DROPPED, [], counts.0.dropped.load(Ordering::Relaxed));
            }
            std::future::ready(samples)
        });
    }
}
