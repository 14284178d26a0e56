//! How busy the tokio runtime is.

use tokio::runtime::Handle;

use super::family::{Description, Family};
use super::series::{Counter, Gauge};
use super::{Metrics, Samples};

const WORKERS: Family<Gauge, 0> = Family::gauge("tokio_workers", "Threads that run tasks.", &[]);
const TASKS: Family<Gauge, 0> = Family::gauge("tokio_tasks", "Tasks that have not ended.", &[]);
const QUEUE: Family<Gauge, 0> =
    Family::gauge("tokio_queued_tasks", "Tasks that wait in the queue of all workers.", &[]);
const BUSY: Family<Counter, 0> =
    Family::counter("tokio_busy_seconds_total", "Time that workers spent on tasks, together.", &[]);

pub(crate) const FAMILIES: &[Description] =
    &[WORKERS.description(), TASKS.description(), QUEUE.description(), BUSY.description()];

impl Metrics {
    /// Tells how busy the tokio runtime is that answers the scrape.
    #[must_use]
    pub fn with_runtime(self) -> Self {
        self.collect(|| async {
            let mut samples = Samples::new();
            let Ok(handle) = Handle::try_current() else { return samples };
            let runtime = handle.metrics();
            let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
            samples.count(&WORKERS, [], count(runtime.num_workers()));
            samples.count(&TASKS, [], count(runtime.num_alive_tasks()));
            samples.count(&QUEUE, [], count(runtime.global_queue_depth()));
            let busy = (0..runtime.num_workers()).map(|worker| runtime.worker_total_busy_duration(worker));
            samples.set(&BUSY, [], busy.map(|time| time.as_secs_f64()).sum());
            samples
        });
        self
    }
}
