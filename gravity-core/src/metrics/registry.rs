//! [`Metrics`]: all time series of an application.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::collect::{Collectors, Sampled};
use super::series::{Counter, Gauge, Histogram, Series, write_one};
use super::text::{self, Format};

/// How many sets of labels one name may have. Past it, further ones share a series labelled
/// `overflow`, so that a label which follows what clients send cannot fill the memory.
const MAX_SERIES: usize = 2_000;

/// All time series of an application. Cheap to clone; clones share their series.
///
/// What counts declares a [`Family`](super::Family), and takes its series from that.
#[derive(Debug, Clone, Default)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    families: RwLock<BTreeMap<&'static str, Held>>,
    collectors: Collectors,
}

/// All series of a name.
#[derive(Debug)]
pub(super) enum Held {
    Counters(Table<Counter>),
    Gauges(Table<Gauge>),
    Histograms(Table<Histogram>),
}

#[derive(Debug)]
pub(super) struct Table<T> {
    help: &'static str,
    /// The names of the labels of its first series, which those of the others are too.
    labels: Vec<String>,
    series: BTreeMap<String, T>,
    /// Whether it has just become full, which is told once.
    is_news: bool,
}

/// A kind of series that a registry keeps.
pub(super) trait Kept: Sized {
    fn table(held: &Held) -> Option<&Table<Self>>;
    fn table_mut(held: &mut Held) -> Option<&mut Table<Self>>;
    fn hold(table: Table<Self>) -> Held;
}

macro_rules! kept {
    ($($type:ty = $variant:ident),*) => {$(
        impl Kept for $type {
            fn table(held: &Held) -> Option<&Table<Self>> {
                if let Held::$variant(table) = held { Some(table) } else { None }
            }

            fn table_mut(held: &mut Held) -> Option<&mut Table<Self>> {
                if let Held::$variant(table) = held { Some(table) } else { None }
            }

            fn hold(table: Table<Self>) -> Held {
                Held::$variant(table)
            }
        }
    )*};
}

kept!(Counter = Counters, Gauge = Gauges, Histogram = Histograms);

impl Metrics {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything that is counted, in the text form of Prometheus, sorted by name and labels; without what
    /// is asked for at a [scrape](Metrics::scrape).
    pub fn render(&self) -> String {
        self.write(Format::Prometheus, &Sampled::default())
    }

    /// Everything, and what [collectors](Metrics::collect) say when they are asked now. One that takes
    /// longer than three seconds is left out.
    pub async fn scrape(&self, format: Format) -> String {
        let sampled = self.0.collectors.sampled().await;
        self.write(format, &sampled)
    }

    pub(super) fn collectors(&self) -> &Collectors {
        &self.0.collectors
    }

    pub(super) fn series<T: Series + Kept>(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &[(&str, &str)],
    ) -> T {
        let written = text::labels(labels);
        let known = self.0.families.read().unwrap_or_else(PoisonError::into_inner);
        let table = known.get(name).and_then(T::table);
        if let Some(series) = table.and_then(|table| table.series.get(&written)) {
            return series.clone();
        }
        drop(known);
        let mut all = self.0.families.write().unwrap_or_else(PoisonError::into_inner);
        let family = all.entry(name).or_insert_with(|| T::hold(Table::new(help, labels)));
        let found = T::table_mut(family)
            .filter(|table| table.takes(labels))
            .map(|table| (table.series(written), std::mem::take(&mut table.is_news)));
        // What listens to events may count them.
        drop(all);
        let Some((series, is_full)) = found else {
            // It counts where nobody looks: a scrape that held both would be refused as a whole.
            tracing::error!(name, "two metrics of one name differ in their kind or in their labels");
            return T::default();
        };
        if is_full {
            tracing::warn!(
                name,
                most = MAX_SERIES,
                "a metric has too many labels; further ones share a series"
            );
        }
        series
    }

    fn write(&self, format: Format, sampled: &Sampled) -> String {
        let mut out = String::new();
        let families = self.0.families.read().unwrap_or_else(PoisonError::into_inner);
        let names = families.keys().chain(sampled.keys()).collect::<std::collections::BTreeSet<_>>();
        for name in names {
            match (families.get(name), sampled.get(name)) {
                (Some(Held::Counters(table)), _) => table.write(name, format, &mut out),
                (Some(Held::Gauges(table)), _) => table.write(name, format, &mut out),
                (Some(Held::Histograms(table)), _) => table.write(name, format, &mut out),
                (None, Some((description, series))) => {
                    format.head(name, description.help, description.kind, &mut out);
                    for (labels, value) in series {
                        let _ = write_one(name, labels, text::number(*value), &mut out);
                    }
                }
                (None, None) => {}
            }
        }
        format.tail(&mut out);
        out
    }
}

impl<T: Series> Table<T> {
    fn new(help: &'static str, labels: &[(&str, &str)]) -> Self {
        let labels = labels.iter().map(|(name, _)| (*name).to_owned()).collect();
        Self { help, labels, series: BTreeMap::new(), is_news: false }
    }

    fn takes(&self, labels: &[(&str, &str)]) -> bool {
        self.labels.iter().eq(labels.iter().map(|(name, _)| name))
    }

    fn series(&mut self, written: String) -> T {
        let full = self.series.len() >= MAX_SERIES && !self.series.contains_key(&written);
        let written = if full { "overflow=\"true\"".to_owned() } else { written };
        self.is_news |= full && !self.series.contains_key(&written);
        self.series.entry(written).or_default().clone()
    }

    fn write(&self, name: &str, format: Format, out: &mut String) {
        format.head(name, self.help, T::KIND, out);
        for (labels, series) in &self.series {
            // Writing to a string does not fail.
            let _ = series.write(name, labels, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{MAX_SERIES, Metrics};
    use crate::metrics::{Counter, Family, Gauge, Histogram};

    const COUNTED: Family<Counter, 1> = Family::counter("c_total", "C.", &["n"]);

    #[test]
    fn writes_what_prometheus_reads() {
        const A: Family<Gauge, 0> = Family::gauge("a", "A\\\nA.", &[]);
        const B: Family<Counter, 1> = Family::counter("b_total", "B.", &["x"]);
        const H: Family<Histogram, 1> = Family::histogram("h_seconds", "H.", &["m"]);
        let metrics = Metrics::new();
        B.of(&metrics, ["a\"b\\c\nd"]).add(3);
        A.of(&metrics, []).set(-2);
        let histogram = H.of(&metrics, ["GET"]);
        histogram.observe(Duration::from_millis(7));
        histogram.observe(Duration::from_mins(1));
        let text = metrics.render();
        assert!(text.contains("# TYPE b_total counter\nb_total{x=\"a\\\"b\\\\c\\nd\"} 3\n"), "{text}");
        assert!(text.contains("# HELP a A\\\\\\nA.\n# TYPE a gauge\na -2\n"), "{text}");
        assert!(text.contains("h_seconds_bucket{m=\"GET\",le=\"0.005\"} 0\n"), "{text}");
        assert!(text.contains("h_seconds_bucket{m=\"GET\",le=\"0.01\"} 1\n"), "{text}");
        assert!(text.contains("h_seconds_bucket{m=\"GET\",le=\"10\"} 1\n"), "{text}");
        assert!(text.contains("h_seconds_bucket{m=\"GET\",le=\"+Inf\"} 2\n"), "{text}");
        assert!(
            text.contains("h_seconds_sum{m=\"GET\"} 60.007000\nh_seconds_count{m=\"GET\"} 2\n"),
            "{text}"
        );
    }

    #[test]
    fn clones_and_look_ups_share_a_series() {
        let metrics = Metrics::new();
        COUNTED.of(&metrics.clone(), ["1"]).increment();
        COUNTED.of(&metrics, ["1"]).increment();
        assert_eq!(COUNTED.of(&metrics, ["1"]).value(), 2);
    }

    #[test]
    fn labels_cannot_fill_the_memory() {
        const LONG: Family<Counter, 1> = Family::counter("d_total", "D.", &["long"]);
        let metrics = Metrics::new();
        for number in 0..MAX_SERIES + 50 {
            COUNTED.of(&metrics, [&number.to_string()]).increment();
        }
        let text = metrics.render();
        assert!(text.contains("c_total{overflow=\"true\"} 50\n"));
        assert_eq!(text.lines().count(), MAX_SERIES + 3);
        LONG.of(&metrics, [&"é".repeat(100_000)]).increment();
        assert!(metrics.render().contains(&format!("{{long=\"{}\"}} 1", "é".repeat(200))));
    }

    #[test]
    fn what_would_spoil_the_scrape_stays_out_of_it() {
        const AB: Family<Counter, 2> = Family::counter("c_total", "C.", &["a", "b"]);
        const BA: Family<Counter, 2> = Family::counter("c_total", "C.", &["b", "a"]);
        const BARE: Family<Counter, 0> = Family::counter("c_total", "C.", &[]);
        let metrics = Metrics::new();
        AB.of(&metrics, ["1", "2"]).increment();
        BA.of(&metrics, ["2", "1"]).increment();
        BARE.of(&metrics, []).increment();
        metrics.series::<Gauge>("c_total", "C.", &[("a", "1"), ("b", "2")]).set(7);
        assert_eq!(
            metrics.render(),
            "# HELP c_total C.\n# TYPE c_total counter\nc_total{a=\"1\",b=\"2\"} 1\n"
        );
    }
}
