//! [`JobContext`]: what a worker knows about the job it does.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::Timestamp;
use crate::jobs::{Claimed, Error, JobId, Progress};

/// What a worker knows about the job it does, and how it tells of its progress. Cheap to clone.
#[derive(Clone)]
pub struct JobContext(Arc<Inner>);

struct Inner {
    job: Claimed,
    cancelled: CancellationToken,
    stopping: CancellationToken,
    notes: Arc<dyn Notes>,
}

/// Writes down how far a job has come.
pub(super) trait Notes: Send + Sync {
    fn note<'a>(&'a self, job: &'a Claimed, progress: Progress) -> BoxFuture<'a, Result<(), Error>>;
}

impl JobContext {
    pub(super) fn new(
        job: Claimed,
        cancelled: CancellationToken,
        stopping: CancellationToken,
        notes: Arc<dyn Notes>,
    ) -> Self {
        Self(Arc::new(Inner { job, cancelled, stopping, notes }))
    }

    /// The job's id.
    pub fn id(&self) -> JobId {
        self.0.job.id
    }

    /// The queue it was in.
    pub fn queue(&self) -> &str {
        &self.0.job.queue
    }

    /// Its key.
    pub fn key(&self) -> Option<&str> {
        self.0.job.key.as_deref()
    }

    /// What it is a part of, such as the id of a request.
    pub fn correlation(&self) -> Option<&str> {
        self.0.job.correlation.as_deref()
    }

    /// Which attempt this is, the first being 1. What was cut short by a crash, snoozed or given back does not
    /// count.
    pub fn attempt(&self) -> u32 {
        self.0.job.attempt()
    }

    /// Whether this attempt is the last one.
    pub fn is_last_attempt(&self) -> bool {
        self.attempt() >= self.0.job.max_attempts
    }

    /// When the job was enqueued.
    pub fn created_at(&self) -> Timestamp {
        self.0.job.created_at
    }

    /// Grows each time the job changes hands: for systems outside that can refuse what an earlier holder of the
    /// job still sends.
    pub fn fence(&self) -> i64 {
        self.0.job.fence
    }

    /// The job as its node has it.
    pub fn claimed(&self) -> &Claimed {
        &self.0.job
    }

    /// Ends when the job is to be cancelled. A worker that goes on is dropped some seconds later.
    pub async fn cancelled(&self) {
        self.0.cancelled.cancelled().await;
    }

    /// Whether the job is to be cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.is_cancelled()
    }

    /// Ends when the node is about to stop. A worker that cannot finish soon does well to return
    /// [`Failure::snooze`](crate::jobs::Failure::snooze) then; one that goes on is dropped when the node's grace is
    /// over, and its job given back.
    pub async fn stopping(&self) {
        self.0.stopping.cancelled().await;
    }

    /// Notes how far it has come, in per cent and in words. It is written at once, so call it now and then.
    ///
    /// Fails with [`Error::Fenced`] when the job is another node's by now.
    pub async fn progress(&self, percent: u8, note: Option<&str>) -> Result<(), Error> {
        let note = note.map(crate::cause::clean);
        self.0.notes.note(&self.0.job, Progress { percent: percent.min(100), note }).await
    }
}

impl fmt::Debug for JobContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobContext")
            .field("id", &self.id())
            .field("attempt", &self.attempt())
            .finish_non_exhaustive()
    }
}
