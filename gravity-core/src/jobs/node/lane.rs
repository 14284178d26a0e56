//! A queue on a node: the jobs it has, and the workers that do them.

use std::collections::{HashMap, HashSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use super::context::Notes;
use super::counts::Counts;
use super::run::Workers;
use super::settler::Outcomes;
use super::worker::{AnyWorker, Finish};
use super::{JobContext, Queue};
use crate::jobs::{Claimed, DEFAULT_WAIT, Failure, JobId, JobStore, Outcome, Settled};
use crate::{Clock, cause, random};

/// How long a worker may go on once its job is to be cancelled.
const CANCEL_GRACE: Duration = Duration::from_secs(5);
/// How long a job waits of whose kind this node knows nothing, as while another release is rolled out.
const UNKNOWN_KIND: Duration = Duration::from_secs(10);
/// How far ahead jobs are taken.
const AHEAD: f64 = 0.1;

/// What the lanes of a node share.
pub(super) struct Shared<S> {
    pub(super) store: S,
    pub(super) clock: Clock,
    pub(super) workers: Arc<Workers<S>>,
    pub(super) outcomes: Outcomes<S>,
    /// Workers begin no more jobs.
    pub(super) stopping: CancellationToken,
    /// Some lane has room.
    pub(super) room: Notify,
    pub(super) notes: Arc<dyn Notes>,
}

/// A queue on a node.
pub(super) struct Lane<S> {
    pub(super) queue: Queue,
    prefetch: usize,
    shared: Arc<Shared<S>>,
    buffer: Mutex<VecDeque<Claimed>>,
    /// As many as there are jobs in the buffer.
    filled: Semaphore,
    running: Mutex<HashMap<JobId, (Claimed, CancellationToken)>>,
    /// Those that are taken and of which it is not yet written what became of them.
    held: Mutex<HashSet<(JobId, i64)>>,
    target: AtomicUsize,
    left: AtomicUsize,
    counts: Counts,
}

impl<S: JobStore> Lane<S> {
    pub(super) fn new(queue: Queue, prefetch: usize, shared: Arc<Shared<S>>, counts: Counts) -> Self {
        Self {
            prefetch,
            shared,
            buffer: Mutex::default(),
            filled: Semaphore::new(0),
            running: Mutex::default(),
            held: Mutex::default(),
            target: AtomicUsize::new(queue.concurrency),
            left: AtomicUsize::new(0),
            counts,
            queue,
        }
    }

    /// How many jobs to take now. Few are not worth asking for while others wait here.
    pub(super) fn room(&self) -> usize {
        let target = self.target.load(Ordering::Relaxed);
        let room = target.saturating_sub(self.held().len());
        if room * 4 < target && self.filled.available_permits() > 0 { 0 } else { room }
    }

    /// Aims to hold what can be begun soon, by how many were done lately.
    pub(super) fn aim(&self, since: Duration) {
        let left = self.left.swap(0, Ordering::Relaxed);
        let soon = u32::try_from(left).map_or(f64::MAX, f64::from) / since.as_secs_f64().max(0.001) * AHEAD;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is cut to the prefetch"
        )]
        let soon = (soon as usize).min(self.prefetch);
        // Slowly down, so that a moment's pause is not taken for slow jobs.
        let before = self.target.load(Ordering::Relaxed) - self.queue.concurrency;
        self.target.store(self.queue.concurrency + soon.max(before / 2), Ordering::Relaxed);
    }

    pub(super) fn put(&self, jobs: Vec<Claimed>) {
        let added = jobs.len();
        self.held().extend(jobs.iter().map(claim_of));
        self.buffer().extend(jobs);
        self.filled.add_permits(added);
    }

    /// The claims that it knows of.
    pub(super) fn known(&self) -> HashSet<(JobId, i64)> {
        self.held().clone()
    }

    pub(super) fn forget(&self, job: &Claimed) {
        self.held().remove(&claim_of(job));
        self.left.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn running(&self) -> Vec<JobId> {
        self.registry().keys().copied().collect()
    }

    pub(super) fn cancel(&self, id: JobId) {
        if let Some((_, cancelled)) = self.registry().get(&id) {
            cancelled.cancel();
        }
    }

    /// Does jobs until the node stops.
    pub(super) async fn work(self: Arc<Self>) {
        loop {
            let permit = tokio::select! {
                biased;
                () = self.shared.stopping.cancelled() => return,
                permit = self.filled.acquire() => permit,
            };
            let Ok(permit) = permit else { return };
            permit.forget();
            let Some(job) = self.buffer().pop_front() else { continue };
            if self.filled.available_permits() <= self.target.load(Ordering::Relaxed) / 2 {
                self.shared.room.notify_one();
            }
            self.do_one(job).await;
        }
    }

    async fn do_one(self: &Arc<Self>, job: Claimed) {
        let Some(worker) = self.shared.workers.find(&job.kind) else {
            tracing::warn!(job = %job.id, kind = job.kind, "no worker here does jobs of this kind; another node may");
            let wait = UNKNOWN_KIND + Duration::from_millis(random::up_to(5_000));
            let at = self.shared.clock.now().saturating_add(wait);
            self.settle(job, Outcome::Snooze(at));
            return;
        };
        let cancelled = CancellationToken::new();
        self.registry().insert(job.id, (job.clone(), cancelled.clone()));
        self.counts.started.increment();
        let began = Instant::now();
        let result = self.run(worker, job.clone(), &cancelled).await;
        let ran = began.elapsed();
        self.registry().remove(&job.id);
        let outcome = match result {
            Ok(Finish::Done) => Outcome::Done(self.queue.keep),
            Ok(Finish::Written) => {
                self.counts.finished("done", ran);
                self.forget(&job);
                return;
            }
            Ok(Finish::Lost) => {
                self.counts.finished("lost", ran);
                tracing::warn!(job = %job.id, "a job was another node's before it ended here");
                self.forget(&job);
                return;
            }
            Err(_) if cancelled.is_cancelled() => Outcome::Cancelled,
            Err(failure) => {
                let now = self.shared.clock.now();
                let wait = |attempt| wait_of(worker, &job, attempt);
                let outcome = Outcome::of_failure(&job, &failure, now, wait);
                if matches!(outcome, Outcome::Dead { .. }) {
                    tracing::error!(job = %job.id, kind = job.kind, error = %failure, "a job is dead");
                }
                outcome
            }
        };
        self.counts.finished(outcome.name(), ran);
        self.settle(job, outcome);
    }

    async fn run(
        &self,
        worker: &dyn AnyWorker<S>,
        job: Claimed,
        cancelled: &CancellationToken,
    ) -> Result<Finish, Failure> {
        let shared = &self.shared;
        let timeout = job.timeout;
        let context = JobContext::new(job, cancelled.clone(), shared.stopping.clone(), shared.notes.clone());
        let done = Outcome::Done(self.queue.keep);
        let work = AssertUnwindSafe(worker.run(&shared.store, &shared.clock, context, done)).catch_unwind();
        let overdue = async {
            cancelled.cancelled().await;
            shared.clock.sleep(CANCEL_GRACE).await;
        };
        tokio::select! {
            biased;
            result = work => result.unwrap_or_else(|panic| Err(Failure::new(cause::of_panic("it panicked", &*panic)))),
            () = overdue => Err(Failure::cancelled("it did not stop when it was cancelled")),
            () = shared.clock.sleep(timeout) => Err(Failure::new(format_args!("it took longer than {timeout:?}"))),
        }
    }

    fn settle(self: &Arc<Self>, job: Claimed, outcome: Outcome) {
        self.shared.outcomes.push(self.clone(), Settled { job, outcome });
    }

    /// Gives back what was not begun, or not finished by workers that are there no more.
    pub(super) fn give_back(self: &Arc<Self>) {
        let mut jobs: Vec<Claimed> = self.buffer().drain(..).collect();
        jobs.extend(self.registry().drain().map(|(_, (job, _))| job));
        for job in jobs {
            self.settle(job, Outcome::GivenBack);
        }
    }

    fn buffer(&self) -> MutexGuard<'_, VecDeque<Claimed>> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> MutexGuard<'_, HashSet<(JobId, i64)>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn registry(&self) -> MutexGuard<'_, HashMap<JobId, (Claimed, CancellationToken)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that was given back and taken again is another claim.
pub(super) fn claim_of(job: &Claimed) -> (JobId, i64) {
    (job.id, job.fence)
}

/// How long a job waits by its own rule, which is code of the application's and may panic.
fn wait_of<S: JobStore>(worker: &dyn AnyWorker<S>, job: &Claimed, attempt: u32) -> Duration {
    std::panic::catch_unwind(AssertUnwindSafe(|| worker.wait(job, attempt))).unwrap_or_else(|_| {
        tracing::error!(job = %job.id, kind = job.kind, "a job cannot tell how long it waits");
        DEFAULT_WAIT.wait(attempt)
    })
}
