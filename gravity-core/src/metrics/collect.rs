//! What is not counted but asked for when somebody scrapes: the state of a pool, of a process, of a store.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, join_all};

use super::family::{Description, Family};
use super::series::{Counter, Gauge};
use super::{Metrics, text};

/// How long a collector may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long an answer is good for, so that many who scrape at once ask once.
const FRESH: Duration = Duration::from_secs(1);

/// What a collector has found.
#[derive(Debug, Default)]
pub struct Samples(Vec<(Description, String, f64)>);

/// A family whose series hold one number.
trait Scalar {}
impl Scalar for Counter {}
impl Scalar for Gauge {}

impl Samples {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says what the number of a series is.
    #[expect(private_bounds, reason = "counters and gauges hold one number, and both are public")]
    pub fn set<T: Scalar, const N: usize>(&mut self, family: &Family<T, N>, labels: [&str; N], value: f64) {
        self.0.push((family.description(), text::labels(&family.pairs(labels)), value));
    }

    /// Says what the count of a series is; counts past 2^53 lose their last digits.
    #[expect(private_bounds, reason = "counters and gauges hold one number, and both are public")]
    #[expect(clippy::cast_precision_loss, reason = "Prometheus itself keeps numbers as floating point")]
    pub fn count<T: Scalar, const N: usize>(&mut self, family: &Family<T, N>, labels: [&str; N], value: u64) {
        self.set(family, labels, value as f64);
    }
}

/// What all collectors have found, by name and labels.
pub(super) type Sampled = BTreeMap<&'static str, (Description, BTreeMap<String, f64>)>;

type Collector = dyn Fn() -> BoxFuture<'static, Samples> + Send + Sync;

#[derive(Default)]
pub(super) struct Collectors {
    all: Mutex<Vec<Arc<Collector>>>,
    last: tokio::sync::Mutex<Option<(Instant, Arc<Sampled>)>>,
}

impl Metrics {
    /// Asks this whenever somebody scrapes, at most once a second.
    ///
    /// It runs beside the others and has three seconds. What it cannot find out it leaves away; a family
    /// that is counted already is not taken from it.
    ///
    /// ```
    /// use gravity_core::Metrics;
    /// use gravity_core::metrics::{Family, Format, Gauge, Samples};
    ///
    /// const ROOMS: Family<Gauge, 1> = Family::gauge("chat_rooms", "Rooms that are open.", &["kind"]);
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let metrics = Metrics::new();
    /// metrics.collect(|| async {
    ///     let mut samples = Samples::new();
    ///     samples.count(&ROOMS, ["public"], 12);
    ///     samples
    /// });
    /// assert!(metrics.scrape(Format::Prometheus).await.contains("chat_rooms{kind=\"public\"} 12\n"));
    /// # }
    /// ```
    pub fn collect<F>(&self, collector: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = Samples> + Send + 'static,
    {
        self.collectors().add(Arc::new(move || Box::pin(collector())));
    }
}

impl Collectors {
    fn add(&self, collector: Arc<Collector>) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).push(collector);
    }

    pub(super) async fn sampled(&self) -> Arc<Sampled> {
        let mut last = self.last.lock().await;
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if all.is_empty() {
            return Arc::default();
        }
        if let Some((at, sampled)) = &*last
            && at.elapsed() < FRESH
        {
            return Arc::clone(sampled);
        }
        let answers = all.iter().map(|collector| tokio::time::timeout(PATIENCE, collector()));
        let mut found = Sampled::new();
        for answer in join_all(answers).await {
            let Ok(samples) = answer else {
                tracing::warn!("a collector of metrics took too long");
                continue;
            };
            for (description, labels, value) in samples.0 {
                let (known, series) =
                    found.entry(description.name).or_insert_with(|| (description, BTreeMap::new()));
                if *known == description {
                    series.insert(labels, value);
                } else {
                    tracing::error!(name = description.name, "two metrics of one name differ");
                }
            }
        }
        let sampled = Arc::new(found);
        *last = Some((Instant::now(), Arc::clone(&sampled)));
        sampled
    }
}

impl fmt::Debug for Collectors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collectors").finish_non_exhaustive()
    }
}
