//! [`MemoryJobs`]: the store in memory.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::watch;
use uuid::Uuid;

use super::MemoryTx;
use super::state::State;
use crate::Timestamp;
use crate::jobs::{
    Ask, Claimed, Count, Enqueued, Error, Failure, JobFilter, JobId, JobStore, JobView, NewJob, Outcome,
    Perform, Progress, QueueAge, Settled, Taken, View,
};

/// Jobs in memory, for tests: the same behaviour as in a database, gone with the last handle.
#[derive(Clone, Default)]
pub struct MemoryJobs(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    hint: watch::Sender<()>,
}

impl MemoryJobs {
    /// No jobs, and no nodes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `body` in a transaction, which commits when it returns `Ok`.
    ///
    /// Nothing it enqueues keeps other jobs out before it commits.
    pub async fn transaction<T, E>(
        &self,
        body: impl AsyncFnOnce(&mut MemoryTx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut tx = MemoryTx::default();
        let value = body(&mut tx).await?;
        self.state().commit(tx);
        self.0.hint.send_replace(());
        Ok(value)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is made in one go.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl JobStore for MemoryJobs {
    type Tx<'c> = MemoryTx<'c>;

    async fn enqueue(&self, tx: &mut MemoryTx<'_>, jobs: &[NewJob]) -> Result<Vec<Enqueued>, Error> {
        let state = self.state();
        let mut enqueued = Vec::with_capacity(jobs.len());
        for job in jobs {
            let rival = tx.jobs.iter().find(|other| {
                let keys = (job.unique.as_ref(), other.unique.as_ref());
                other.kind == job.kind && matches!(keys, (Some((one, _)), Some((two, _))) if one == two)
            });
            let holder = state.holder(job).or(rival.map(|rival| rival.id));
            enqueued.push(Enqueued { id: holder.unwrap_or(job.id), is_new: holder.is_none() });
            if holder.is_none() {
                tx.jobs.push(job.clone());
            }
        }
        Ok(enqueued)
    }

    async fn enqueue_alone(&self, jobs: &[NewJob]) -> Result<Vec<Enqueued>, Error> {
        let enqueued = self.state().commit(MemoryTx { jobs: jobs.to_vec(), ..MemoryTx::default() });
        self.0.hint.send_replace(());
        Ok(enqueued)
    }

    fn hints(&self) -> watch::Receiver<()> {
        self.0.hint.subscribe()
    }

    async fn listen(&self) {
        std::future::pending::<()>().await;
    }

    async fn join(&self, node: Uuid) -> Result<(), Error> {
        self.state().join(node);
        Ok(())
    }

    async fn beat(&self, node: Uuid, running: &[JobId]) -> Result<View, Error> {
        Ok(self.state().beat(node, running))
    }

    async fn bury(&self, silent: Uuid, beat: Option<i64>, now: Timestamp) -> Result<u64, Error> {
        let freed = self.state().bury(silent, beat, now);
        self.0.hint.send_replace(());
        Ok(freed)
    }

    async fn leave(&self, node: Uuid, now: Timestamp) -> Result<(), Error> {
        self.state().leave(node, now);
        self.0.hint.send_replace(());
        Ok(())
    }

    async fn wake(&self, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        Ok(self.state().wake(now))
    }

    async fn claim(&self, ask: Ask<'_>) -> Result<Taken, Error> {
        Ok(self.state().claim(&ask))
    }

    async fn held(&self, node: Uuid, queue: &str) -> Result<Vec<Claimed>, Error> {
        Ok(self.state().held(node, queue))
    }

    async fn settle(&self, settled: &[Settled], now: Timestamp) -> Result<Vec<JobId>, Error> {
        let mut refused = Vec::new();
        let mut state = self.state();
        for Settled { job, outcome } in settled {
            if !state.settle(job, outcome, now) {
                refused.push(job.id);
            }
        }
        drop(state);
        self.0.hint.send_replace(());
        Ok(refused)
    }

    async fn perform(
        &self,
        job: &Claimed,
        done: Outcome,
        now: Timestamp,
        worker: &dyn Perform<Self>,
    ) -> Result<Result<(), Failure>, Error> {
        if self.state().claimed(job).is_none() {
            return Err(Error::Fenced);
        }
        let mut tx = MemoryTx::default();
        if let Err(failure) = worker.perform(&mut tx).await {
            return Ok(Err(failure));
        }
        let mut state = self.state();
        if !state.settle(job, &done, now) {
            return Err(Error::Fenced);
        }
        state.commit(tx);
        drop(state);
        self.0.hint.send_replace(());
        Ok(Ok(()))
    }

    async fn progress(&self, job: &Claimed, progress: &Progress) -> Result<(), Error> {
        let mut state = self.state();
        let record = state.claimed(job).ok_or(Error::Fenced)?;
        record.progress = Some(progress.clone());
        Ok(())
    }

    async fn get(&self, id: JobId) -> Result<Option<JobView>, Error> {
        Ok(self.state().jobs.get(&id).map(super::record::Record::view))
    }

    async fn list(
        &self,
        filter: &JobFilter,
        before: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<JobView>, Error> {
        Ok(self.state().list(filter, before, limit))
    }

    async fn counts(&self) -> Result<Vec<Count>, Error> {
        Ok(self.state().counts())
    }

    async fn ages(&self) -> Result<Vec<QueueAge>, Error> {
        Ok(self.state().ages())
    }

    async fn retry(&self, id: JobId, now: Timestamp) -> Result<(), Error> {
        self.state().retry(id, now)?;
        self.0.hint.send_replace(());
        Ok(())
    }

    async fn cancel(&self, id: JobId, now: Timestamp) -> Result<(), Error> {
        self.state().cancel(id, now)?;
        self.0.hint.send_replace(());
        Ok(())
    }

    async fn replay(&self, queue: &str, limit: usize, now: Timestamp) -> Result<u64, Error> {
        let replayed = self.state().replay(queue, limit, now);
        self.0.hint.send_replace(());
        Ok(replayed)
    }

    async fn retain(&self, done_before: Timestamp, dead_before: Timestamp) -> Result<u64, Error> {
        Ok(self.state().retain(done_before, dead_before))
    }
}

impl fmt::Debug for MemoryJobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryJobs").finish_non_exhaustive()
    }
}
