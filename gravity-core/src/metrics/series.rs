//! Time series: one type for each kind.

use std::fmt::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use super::family::Kind;

/// A number that only grows.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Adds one.
    pub fn increment(&self) {
        self.add(1);
    }

    /// Adds a number.
    pub fn add(&self, number: u64) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    /// The number so far.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that grows and shrinks.
#[derive(Debug, Clone, Default)]
pub struct Gauge(Arc<AtomicI64>);

impl Gauge {
    /// Adds a number, which may be negative.
    pub fn add(&self, number: i64) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    /// Sets the number.
    pub fn set(&self, number: i64) {
        self.0.store(number, Ordering::Relaxed);
    }

    /// The number now.
    pub fn value(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How durations are spread, in the buckets that Prometheus clients use by default.
#[derive(Debug, Clone, Default)]
pub struct Histogram(Arc<Buckets>);

/// The upper bounds of the buckets, in microseconds and as Prometheus writes them.
const BOUNDS: [(u64, &str); 11] = [
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (2_500_000, "2.5"),
    (5_000_000, "5"),
    (10_000_000, "10"),
];

#[derive(Debug, Default)]
struct Buckets {
    counts: [AtomicU64; BOUNDS.len()],
    total: AtomicU64,
    micros: AtomicU64,
}

impl Histogram {
    /// Adds a duration.
    pub fn observe(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        for ((bound, _), count) in BOUNDS.iter().zip(&self.0.counts) {
            if micros <= *bound {
                count.fetch_add(1, Ordering::Relaxed);
                break;
            }
        }
        self.0.micros.fetch_add(micros, Ordering::Relaxed);
        self.0.total.fetch_add(1, Ordering::Relaxed);
    }

    /// How many durations were added.
    pub fn count(&self) -> u64 {
        self.0.total.load(Ordering::Relaxed)
    }
}

/// A time series that can be written out.
pub(super) trait Series: Clone + Default + Send + Sync + 'static {
    /// Its kind.
    const KIND: Kind;

    /// Writes its lines; `labels` is without braces and may be empty.
    fn write(&self, name: &str, labels: &str, out: &mut String) -> fmt::Result;
}

impl Series for Counter {
    const KIND: Kind = Kind::Counter;

    fn write(&self, name: &str, labels: &str, out: &mut String) -> fmt::Result {
        write_one(name, labels, self.value(), out)
    }
}

impl Series for Gauge {
    const KIND: Kind = Kind::Gauge;

    fn write(&self, name: &str, labels: &str, out: &mut String) -> fmt::Result {
        write_one(name, labels, self.value(), out)
    }
}

impl Series for Histogram {
    const KIND: Kind = Kind::Histogram;

    fn write(&self, name: &str, labels: &str, out: &mut String) -> fmt::Result {
        let comma = if labels.is_empty() { "" } else { "," };
        // Buckets are cumulative; a reader between two additions may see one but not the other, so
        // that the total is never less than the last bucket.
        let mut below = 0;
        for ((_, bound), count) in BOUNDS.iter().zip(&self.0.counts) {
            below += count.load(Ordering::Relaxed);
            writeln!(out, "{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {below}")?;
        }
        let total = self.count().max(below);
        let micros = self.0.micros.load(Ordering::Relaxed);
        writeln!(out, "{name}_bucket{{{labels}{comma}le=\"+Inf\"}} {total}")?;
        let sum = format_args!("{}.{:06}", micros / 1_000_000, micros % 1_000_000).to_string();
        write_one(&format!("{name}_sum"), labels, sum, out)?;
        write_one(&format!("{name}_count"), labels, total, out)
    }
}

/// Writes the line of one number.
pub(super) fn write_one(name: &str, labels: &str, value: impl fmt::Display, out: &mut String) -> fmt::Result {
    if labels.is_empty() {
        writeln!(out, "{name} {value}")
    } else {
        writeln!(out, "{name}{{{labels}}} {value}")
    }
}
