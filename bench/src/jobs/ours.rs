//! The jobs of gravity-core.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use gravity_core::Clock;
use gravity_core::db::Database;
use gravity_core::jobs::{Job, JobNode, Jobs, NodeConfig, Queue, SqlJobs};
use tokio::sync::{Notify, oneshot};

use super::{BATCH, Figures, ROUNDS, processes};

#[derive(serde::Serialize, serde::Deserialize)]
struct Count {
    number: usize,
}

impl Job for Count {
    const KIND: &'static str = "count";
}

#[derive(Default)]
pub(super) struct Handled {
    pub(super) jobs: AtomicUsize,
    goal: AtomicUsize,
    reached_at: Mutex<Option<Instant>>,
    reached: Notify,
}

impl Handled {
    async fn until(&self, goal: usize) {
        self.goal.store(goal, Ordering::SeqCst);
        while self.jobs.load(Ordering::SeqCst) < goal {
            self.reached.notified().await;
        }
    }

    fn count(&self) {
        if self.jobs.fetch_add(1, Ordering::SeqCst) + 1 == self.goal.load(Ordering::SeqCst) {
            *self.reached_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            self.reached.notify_one();
        }
    }
}

pub(super) fn measure(url: &str, backlog: usize, processes: usize) -> Result<Figures> {
    block_on(measure_in(url, backlog, processes))
}

pub(super) fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

async fn measure_in(url: &str, backlog: usize, processes: usize) -> Result<Figures> {
    let db = Database::connect(url).await?;
    let jobs = Jobs::new(SqlJobs::new(&db).await?, Clock::system());

    let began = Instant::now();
    for from in (0..backlog).step_by(BATCH) {
        let batch = (from..backlog.min(from + BATCH)).map(|number| jobs.prepare(Count { number }));
        jobs.enqueue_all(&batch.collect::<Result<Vec<_>, _>>()?).await?;
    }
    let enqueued = rate(backlog, began);

    let handled = Arc::new(Handled::default());
    let began = Instant::now();
    if processes > 1 {
        processes::drain(url, backlog, processes)?;
    } else {
        let (stop, running) = start(&jobs, &handled);
        handled.until(backlog).await;
        drop(stop);
        running.await??;
    }
    let drained = rate(backlog, began);
    let left = jobs.counts().await?;
    anyhow::ensure!(left.is_empty(), "some jobs are left: {left:?}");

    let (stop, running) = start(&jobs, &handled);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut waits = Vec::with_capacity(ROUNDS);
    let mut afterwards = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        tokio::time::sleep(Duration::from_millis(20 + round as u64 % 30)).await;
        let goal = handled.jobs.load(Ordering::SeqCst) + 1;
        let began = Instant::now();
        handled.goal.store(goal, Ordering::SeqCst);
        jobs.enqueue(Count { number: round }).await?;
        let written = Instant::now();
        handled.until(goal).await;
        let at = handled.reached_at.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or(written);
        waits.push(at.duration_since(began).as_secs_f64() * 1_000.0);
        afterwards.push(at.saturating_duration_since(written).as_secs_f64() * 1_000.0);
    }
    drop(stop);
    running.await??;
    db.close().await;
    waits.sort_unstable_by(f64::total_cmp);
    afterwards.sort_unstable_by(f64::total_cmp);
    let start = [waits[ROUNDS / 2], waits[ROUNDS * 99 / 100]];
    Ok(Figures { enqueued, drained, start, written: afterwards[ROUNDS / 2] })
}

pub(super) type Running = tokio::task::JoinHandle<Result<(), gravity_core::jobs::Error>>;

pub(super) fn start(jobs: &Jobs<SqlJobs>, handled: &Arc<Handled>) -> (oneshot::Sender<()>, Running) {
    let (stop, stopped) = oneshot::channel::<()>();
    let handled = handled.clone();
    let node = JobNode::new(jobs.store().clone(), Clock::system(), NodeConfig::new())
        .with_queue(Queue::new("default").with_concurrency(24))
        .with_worker(move |_: Count, _| {
            handled.count();
            async { Ok(()) }
        });
    (stop, tokio::spawn(node.run_until(async { drop(stopped.await) })))
}

#[expect(clippy::cast_precision_loss, reason = "the numbers are small")]
fn rate(jobs: usize, since: Instant) -> f64 {
    jobs as f64 / since.elapsed().as_secs_f64()
}
