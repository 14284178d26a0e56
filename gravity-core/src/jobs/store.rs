//! [`JobStore`]: where jobs are kept.

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    Ask, Claimed, Count, Enqueued, Error, Failure, JobFilter, JobId, JobView, NewJob, Outcome, Progress,
    QueueAge, Settled, Taken, View,
};
use crate::Timestamp;

/// Where jobs are kept.
///
/// Every verb is atomic. Whoever writes a store of their own runs the suite `testing::jobs` on it.
///
/// **Claims.** Of all who ask for jobs, exactly one gets each. A job has a fence, a number that grows whenever it
/// changes hands, and what is written about it under an older fence is refused.
///
/// **Nodes.** A node that takes jobs joins first, and gives signs of life by counting beats. Whoever saw no beat
/// of a node for the time of a lease may [bury](JobStore::bury) it: it gets no more jobs, those it has are given
/// to others, and it learns of that by its next beat. Nothing compares times of different nodes.
///
/// **Keys.** Of the jobs of a queue with the same key one at a time runs, in the order in which they became due;
/// one that is to be retried or snoozed keeps its place.
#[async_trait]
pub trait JobStore: Clone + Send + Sync + 'static {
    /// A transaction of the application's, in which jobs are enqueued and workers write.
    type Tx<'c>: Send;

    /// Writes jobs down in the caller's transaction, and tells for each what became of it.
    async fn enqueue(&self, tx: &mut Self::Tx<'_>, jobs: &[NewJob]) -> Result<Vec<Enqueued>, Error>;

    /// Writes jobs down in a transaction of their own.
    async fn enqueue_alone(&self, jobs: &[NewJob]) -> Result<Vec<Enqueued>, Error>;

    /// Changes when there may be something to do. A hint may come early, or not at all.
    fn hints(&self) -> watch::Receiver<()>;

    /// Does what hints need, such as to listen to a server, until it is dropped.
    async fn listen(&self);

    /// Makes a node known, which was never known before.
    async fn join(&self, node: Uuid) -> Result<(), Error>;

    /// Counts on the beat of a node, and tells what it sees. `running` are the jobs that it works on.
    async fn beat(&self, node: Uuid, running: &[JobId]) -> Result<View, Error>;

    /// Gives the jobs of a node that was silent to others, if it still has this beat, and tells how many those
    /// were. Where it was found silent before and not all of its jobs were free, it does the rest.
    ///
    /// A job of which this happens again and again waits longer each time, and dies in the end: it may be what
    /// kills its nodes. One that was to be cancelled is.
    async fn bury(&self, silent: Uuid, beat: Option<i64>, now: Timestamp) -> Result<u64, Error>;

    /// Forgets a node, and gives what it may still have to others, at once and without counting it.
    async fn leave(&self, node: Uuid, now: Timestamp) -> Result<(), Error>;

    /// Makes what has become due ready, and tells when the next will be due.
    async fn wake(&self, now: Timestamp) -> Result<Option<Timestamp>, Error>;

    /// Gives ready jobs of a queue to a node, none if the node does not count as alive: the highest priority
    /// first, then the oldest.
    async fn claim(&self, ask: Ask<'_>) -> Result<Taken, Error>;

    /// The jobs of a queue that a node has, whether it knows of them or not: the answer to a claim may have been
    /// lost after the claim was committed.
    async fn held(&self, node: Uuid, queue: &str) -> Result<Vec<Claimed>, Error>;

    /// Writes what became of jobs, and returns those of them whose claim had ended.
    async fn settle(&self, settled: &[Settled], now: Timestamp) -> Result<Vec<JobId>, Error>;

    /// Does a job in a transaction: what the worker writes and that the job ends commit together, or not at
    /// all. Fails with [`Error::Fenced`] when its claim has ended, and then nothing is written.
    ///
    /// A failure of the worker's rolls back, and is returned for the caller to settle. The worker may be run
    /// again where the transaction collides with another.
    async fn perform(
        &self,
        job: &Claimed,
        done: Outcome,
        now: Timestamp,
        worker: &dyn Perform<Self>,
    ) -> Result<Result<(), Failure>, Error>;

    /// Notes how far a job has come, unless its claim has ended.
    async fn progress(&self, job: &Claimed, progress: &Progress) -> Result<(), Error>;

    /// All that is known about a job.
    async fn get(&self, id: JobId) -> Result<Option<JobView>, Error>;

    /// Jobs in the order of their ids, the newest first, from below one of them or from the newest.
    async fn list(
        &self,
        filter: &JobFilter,
        before: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<JobView>, Error>;

    /// How many jobs there are, by queue and state. It is counted, which takes time where there are many.
    async fn counts(&self) -> Result<Vec<Count>, Error>;

    /// How long the oldest ready job of each queue has waited.
    async fn ages(&self) -> Result<Vec<QueueAge>, Error>;

    /// Makes a job ready at once: one that is scheduled, or dead or cancelled, whose attempts count from
    /// anew then.
    async fn retry(&self, id: JobId, now: Timestamp) -> Result<(), Error>;

    /// Cancels a job. One that runs is told to stop, and is cancelled unless it is done by then.
    async fn cancel(&self, id: JobId, now: Timestamp) -> Result<(), Error>;

    /// Makes dead jobs of a queue ready, the oldest first, and tells how many those were. Those whose unique
    /// key another job holds stay dead.
    async fn replay(&self, queue: &str, limit: usize, now: Timestamp) -> Result<u64, Error>;

    /// Deletes finished jobs: the done and the cancelled that ended before one time, and the dead before
    /// another. Tells how many those were.
    async fn retain(&self, done_before: Timestamp, dead_before: Timestamp) -> Result<u64, Error>;
}

/// Does a job on the transaction that a store has begun for it.
pub trait Perform<S: JobStore>: Send + Sync {
    /// Does the job once. What was written is undone if it fails.
    fn perform<'a>(&'a self, tx: &'a mut S::Tx<'_>) -> BoxFuture<'a, Result<(), Failure>>;
}
