//! [`Jobs`]: enqueues jobs, and looks after them.

use std::fmt;

use super::metrics::ENQUEUED;
use super::{Count, Enqueued, Error, Job, JobDraft, JobFilter, JobId, JobStore, JobView, NewJob};
use crate::{Clock, Metrics};

/// Enqueues jobs, in the caller's transaction or by itself, and looks after them.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use gravity_core::Clock;
/// use gravity_core::db::Database;
/// use gravity_core::jobs::{Error, Job, JobDraft, Jobs, SqlJobs};
///
/// # #[derive(serde::Serialize, serde::Deserialize)]
/// # struct SendMail { to: String }
/// # impl Job for SendMail { const KIND: &'static str = "mail.send"; }
/// let db = Database::connect("sqlite::memory:").await?;
/// let jobs = Jobs::new(SqlJobs::new(&db).await?, Clock::system());
/// db.transaction(async |tx| {
///     // … write the user …
///     jobs.enqueue_in(tx, SendMail { to: "ada@example.org".into() }).await?;
///     Ok::<_, Error>(())
/// })
/// .await?;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
#[derive(Clone)]
pub struct Jobs<S> {
    store: S,
    clock: Clock,
    metrics: Option<Metrics>,
}

impl<S: JobStore> Jobs<S> {
    /// Jobs in this store.
    pub fn new(store: S, clock: Clock) -> Self {
        Self { store, clock, metrics: None }
    }

    /// Counts what is enqueued in `jobs_enqueued_total`, by queue.
    pub fn with_metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = Some(metrics);
        self
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Enqueues a job by itself.
    pub async fn enqueue<J: Job>(&self, draft: impl Into<JobDraft<J>> + Send) -> Result<Enqueued, Error> {
        let job = self.prepare(draft)?;
        let enqueued = self.store.enqueue_alone(std::slice::from_ref(&job)).await?;
        self.count(std::slice::from_ref(&job), &enqueued);
        first(&enqueued)
    }

    /// Enqueues a job in the caller's transaction: it is there if that commits, and only then.
    pub async fn enqueue_in<J: Job>(
        &self,
        tx: &mut S::Tx<'_>,
        draft: impl Into<JobDraft<J>> + Send,
    ) -> Result<Enqueued, Error> {
        let job = self.prepare(draft)?;
        let enqueued = self.store.enqueue(tx, std::slice::from_ref(&job)).await?;
        self.count(std::slice::from_ref(&job), &enqueued);
        first(&enqueued)
    }

    /// Enqueues jobs of any types, which [`Jobs::prepare`] made, in one transaction and few statements.
    pub async fn enqueue_all(&self, jobs: &[NewJob]) -> Result<Vec<Enqueued>, Error> {
        check_all(jobs)?;
        let enqueued = self.store.enqueue_alone(jobs).await?;
        self.count(jobs, &enqueued);
        Ok(enqueued)
    }

    /// Enqueues jobs of any types, which [`Jobs::prepare`] made, in the caller's transaction.
    pub async fn enqueue_all_in(&self, tx: &mut S::Tx<'_>, jobs: &[NewJob]) -> Result<Vec<Enqueued>, Error> {
        check_all(jobs)?;
        let enqueued = self.store.enqueue(tx, jobs).await?;
        self.count(jobs, &enqueued);
        Ok(enqueued)
    }

    /// The job that enqueuing this draft would write down, for a batch.
    pub fn prepare<J: Job>(&self, draft: impl Into<JobDraft<J>>) -> Result<NewJob, Error> {
        draft.into().prepare(&self.clock)
    }

    /// All that is known about a job.
    pub async fn get(&self, id: JobId) -> Result<Option<JobView>, Error> {
        self.store.get(id).await
    }

    /// Jobs, the newest first, from below one of them or from the newest.
    pub async fn list(
        &self,
        filter: &JobFilter,
        before: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<JobView>, Error> {
        self.store.list(filter, before, limit).await
    }

    /// How many jobs there are, by queue and state. It is counted, which takes time where there are many.
    pub async fn counts(&self) -> Result<Vec<Count>, Error> {
        self.store.counts().await
    }

    /// Makes a job ready at once that is scheduled, dead or cancelled. The attempts of one that had ended count
    /// from anew.
    pub async fn retry(&self, id: JobId) -> Result<(), Error> {
        self.store.retry(id, self.clock.now()).await
    }

    /// Cancels a job. One that runs is told to stop, and is cancelled unless it is done by then.
    pub async fn cancel(&self, id: JobId) -> Result<(), Error> {
        self.store.cancel(id, self.clock.now()).await
    }

    /// Makes all dead jobs of a queue ready, and tells how many those were. Those whose unique key another job
    /// holds stay dead.
    pub async fn replay(&self, queue: &str) -> Result<u64, Error> {
        const AT_ONCE: usize = 500;
        // Those that die again meanwhile are left for another time.
        let now = self.clock.now();
        let mut replayed = 0;
        loop {
            let jobs = self.store.replay(queue, AT_ONCE, now).await?;
            replayed += jobs;
            if jobs == 0 {
                return Ok(replayed);
            }
        }
    }

    fn count(&self, jobs: &[NewJob], enqueued: &[Enqueued]) {
        let Some(metrics) = &self.metrics else { return };
        for (job, _) in jobs.iter().zip(enqueued).filter(|(_, enqueued)| enqueued.is_new) {
            ENQUEUED.of(metrics, [&job.queue]).increment();
        }
    }
}

fn first(enqueued: &[Enqueued]) -> Result<Enqueued, Error> {
    enqueued.first().copied().ok_or_else(|| Error::Store("the store said nothing about the job".into()))
}

fn check_all(jobs: &[NewJob]) -> Result<(), Error> {
    jobs.iter().try_for_each(NewJob::check)
}

impl<S> fmt::Debug for Jobs<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs").finish_non_exhaustive()
    }
}
