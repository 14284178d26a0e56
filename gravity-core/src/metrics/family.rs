//! [`Family`]: what the time series of one name have in common, said in one place.

use std::fmt;
use std::marker::PhantomData;

use super::series::{Counter, Gauge, Histogram, Series};
use super::{Metrics, registry};

/// What the time series of one name have in common: the name, its meaning, its kind, its labels.
///
/// It is a constant, so that whoever counts, whoever reads the [catalogue](super::catalogue) and whoever
/// writes a dashboard speak of one thing. A name or a label that Prometheus would refuse does not compile.
///
/// ```
/// use gravity_core::Metrics;
/// use gravity_core::metrics::{Counter, Family};
///
/// const NOTES_CREATED: Family<Counter, 1> =
///     Family::counter("notes_created_total", "Notes made.", &["kind"]);
///
/// let metrics = Metrics::new();
/// NOTES_CREATED.of(&metrics, ["list"]).increment();
/// assert!(metrics.render().contains("notes_created_total{kind=\"list\"} 1"));
/// ```
///
/// ```compile_fail
/// use gravity_core::metrics::{Counter, Family};
/// const BAD: Family<Counter, 0> = Family::counter("notes-created", "Notes made.", &[]);
/// # fn main() { let _ = BAD; }
/// ```
pub struct Family<T, const N: usize> {
    description: Description,
    labels: &'static [&'static str; N],
    kind: PhantomData<fn() -> T>,
}

/// The kind of a time series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Grows and shrinks.
    Gauge,
    /// Durations, by buckets.
    Histogram,
}

/// What is known about a name before anything is counted under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Description {
    /// The name.
    pub name: &'static str,
    /// What it means, in a sentence.
    pub help: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// The names of its labels, in their order; a histogram has `le` besides.
    pub labels: &'static [&'static str],
}

impl Description {
    /// What it is counted in, as its name says: `seconds`, `bytes`, or nothing in particular.
    pub fn unit(&self) -> Option<&'static str> {
        let name = self.name.strip_suffix("_total").unwrap_or(self.name);
        ["seconds", "bytes"].into_iter().find(|unit| name.ends_with(unit))
    }

    /// The names of the samples that a scrape has of it.
    pub fn samples(&self) -> Vec<String> {
        match self.kind {
            Kind::Counter | Kind::Gauge => vec![self.name.to_owned()],
            Kind::Histogram => ["bucket", "sum", "count"].map(|part| format!("{}_{part}", self.name)).into(),
        }
    }
}

#[expect(clippy::missing_panics_doc, reason = "a constant that panics does not compile")]
impl<const N: usize> Family<Counter, N> {
    /// A family of counters. The name ends in `_total`.
    pub const fn counter(name: &'static str, help: &'static str, labels: &'static [&'static str; N]) -> Self {
        assert!(ends_with(name, "_total"), "the name of a counter ends in _total");
        Self::new(name, help, Kind::Counter, labels)
    }
}

#[expect(clippy::missing_panics_doc, reason = "a constant that panics does not compile")]
impl<const N: usize> Family<Gauge, N> {
    /// A family of gauges.
    pub const fn gauge(name: &'static str, help: &'static str, labels: &'static [&'static str; N]) -> Self {
        assert!(!ends_with(name, "_total"), "only the name of a counter ends in _total");
        Self::new(name, help, Kind::Gauge, labels)
    }
}

#[expect(clippy::missing_panics_doc, reason = "a constant that panics does not compile")]
impl<const N: usize> Family<Histogram, N> {
    /// A family of histograms. The name ends in `_seconds`.
    pub const fn histogram(
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str; N],
    ) -> Self {
        assert!(ends_with(name, "_seconds"), "the name of a histogram ends in _seconds");
        Self::new(name, help, Kind::Histogram, labels)
    }
}

impl<T, const N: usize> Family<T, N> {
    const fn new(
        name: &'static str,
        help: &'static str,
        kind: Kind,
        labels: &'static [&'static str; N],
    ) -> Self {
        assert!(is_name(name), "a name has letters, digits and underscores, and no digit at its beginning");
        assert!(!help.is_empty(), "somebody will wonder what this counts");
        let mut at = 0;
        while at < N {
            assert!(is_name(labels[at]), "a label has letters, digits and underscores");
            assert!(
                !starts_with(labels[at], "__") && !equal(labels[at], "le"),
                "a label that Prometheus keeps for itself"
            );
            at += 1;
        }
        Self { description: Description { name, help, kind, labels }, labels, kind: PhantomData }
    }

    /// What is known about it.
    pub const fn description(&self) -> Description {
        self.description
    }

    pub(super) fn pairs<'v>(&self, values: [&'v str; N]) -> [(&'static str, &'v str); N] {
        let mut values = values.into_iter();
        self.labels.map(|label| (label, values.next().unwrap_or_default()))
    }
}

#[expect(private_bounds, reason = "the kinds of series are three, and all of them public")]
impl<T: Series + registry::Kept, const N: usize> Family<T, N> {
    /// The series of these labels, in the order of the family's. Keep it where it is used often.
    ///
    /// The values come from a small set that the program knows: a route's pattern, a status, the name of
    /// a subscriber. Never one that follows what clients send.
    pub fn of(&self, metrics: &Metrics, values: [&str; N]) -> T {
        metrics.series(self.description.name, self.description.help, &self.pairs(values))
    }
}

impl<T, const N: usize> fmt::Debug for Family<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.description.fmt(f)
    }
}

impl Kind {
    /// The word of the text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

const fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let fits =
            bytes[at].is_ascii_alphabetic() || bytes[at] == b'_' || (at > 0 && bytes[at].is_ascii_digit());
        if !fits {
            return false;
        }
        at += 1;
    }
    at > 0
}

const fn starts_with(text: &str, start: &str) -> bool {
    part_is(text, 0, start)
}

const fn ends_with(text: &str, end: &str) -> bool {
    text.len() >= end.len() && part_is(text, text.len() - end.len(), end)
}

const fn equal(text: &str, other: &str) -> bool {
    text.len() == other.len() && part_is(text, 0, other)
}

const fn part_is(text: &str, from: usize, part: &str) -> bool {
    let (text, part) = (text.as_bytes(), part.as_bytes());
    if text.len() < from + part.len() {
        return false;
    }
    let mut at = 0;
    while at < part.len() {
        if text[from + at] != part[at] {
            return false;
        }
        at += 1;
    }
    true
}
