//! [`Metrics`]: all time series of an application.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, PoisonError, RwLock};

use super::family::{Counter, Gauge, Histogram, Series};

/// How many sets of labels one name may have. Past it, further ones share a series labelled
/// `overflow`, so that a label which follows what clients send cannot fill the memory.
const MAX_SERIES: usize = 2_000;

/// All time series of an application. Cheap to clone; clones share their series.
///
/// ```
/// use gravity_core::Metrics;
///
/// let metrics = Metrics::new();
/// metrics.counter("notes_created_total", "Notes made.", &[("kind", "list")]).increment();
/// assert!(metrics.render().contains("notes_created_total{kind=\"list\"} 1"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    counters: Families<Counter>,
    gauges: Families<Gauge>,
    histograms: Families<Histogram>,
}

#[derive(Debug)]
struct Families<T>(RwLock<BTreeMap<&'static str, Family<T>>>);

#[derive(Debug)]
struct Family<T> {
    help: &'static str,
    series: BTreeMap<String, T>,
}

impl<T> Default for Families<T> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl Metrics {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The counter of this name and these labels. Keep it where it is used often.
    pub fn counter(&self, name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> Counter {
        self.0.counters.get(name, help, labels)
    }

    /// The gauge of this name and these labels.
    pub fn gauge(&self, name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> Gauge {
        self.0.gauges.get(name, help, labels)
    }

    /// The histogram of this name and these labels.
    pub fn histogram(&self, name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> Histogram {
        self.0.histograms.get(name, help, labels)
    }

    /// Everything in the text form of Prometheus, sorted by name and labels.
    pub fn render(&self) -> String {
        let mut out = String::new();
        self.0.counters.render(&mut out);
        self.0.gauges.render(&mut out);
        self.0.histograms.render(&mut out);
        out
    }
}

impl<T: Series> Families<T> {
    fn get(&self, name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> T {
        let labels = written(labels);
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = known.get(name).and_then(|family| family.series.get(&labels)) {
            return series.clone();
        }
        drop(known);
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let family = all.entry(name).or_insert_with(|| Family { help, series: BTreeMap::new() });
        let full = family.series.len() >= MAX_SERIES && !family.series.contains_key(&labels);
        let labels = if full { "overflow=\"true\"".to_owned() } else { labels };
        family.series.entry(labels).or_default().clone()
    }

    fn render(&self, out: &mut String) {
        for (name, family) in &*self.0.read().unwrap_or_else(PoisonError::into_inner) {
            // Writing to a string does not fail.
            let _ = writeln!(out, "# HELP {name} {}\n# TYPE {name} {}", family.help, T::KIND);
            for (labels, series) in &family.series {
                let _ = series.write(name, labels, out);
            }
        }
    }
}

/// Labels as Prometheus writes them, without braces.
fn written(labels: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (at, (name, value)) in labels.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let _ = write!(out, "{comma}{name}=\"{value}\"");
    }
    out
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{MAX_SERIES, Metrics};

    #[test]
    fn writes_what_prometheus_reads() {
        let metrics = Metrics::new();
        metrics.counter("b_total", "B.", &[("x", "a\"b\\c\nd")]).add(3);
        metrics.gauge("a", "A.", &[]).set(-2);
        let histogram = metrics.histogram("h_seconds", "H.", &[("m", "GET")]);
        histogram.observe(Duration::from_millis(7));
        histogram.observe(Duration::from_mins(1));
        let text = metrics.render();
        assert!(text.contains("# TYPE b_total counter\nb_total{x=\"a\\\"b\\\\c\\nd\"} 3\n"), "{text}");
        assert!(text.contains("# TYPE a gauge\na -2\n"), "{text}");
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
        metrics.clone().counter("c_total", "C.", &[]).increment();
        metrics.counter("c_total", "C.", &[]).increment();
        assert_eq!(metrics.counter("c_total", "C.", &[]).value(), 2);
    }

    #[test]
    fn labels_cannot_fill_the_memory() {
        let metrics = Metrics::new();
        for number in 0..MAX_SERIES + 50 {
            metrics.counter("c_total", "C.", &[("n", &number.to_string())]).increment();
        }
        let text = metrics.render();
        assert!(text.contains("c_total{overflow=\"true\"} 50\n"));
        assert_eq!(text.lines().count(), MAX_SERIES + 3);
    }
}
