//! [`JobNode`]: does jobs until it is told to stop.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::task::JoinSet;

use super::tenure::Tenure;
use super::worker::{AnyWorker, InTransaction, Plain};
use super::{JobContext, NodeConfig, Queue};
use crate::Clock;
use crate::jobs::new_job::check_name;
use crate::jobs::{Error, Failure, Job, JobStore};

/// Does jobs until it is told to stop, and shares them with the other nodes on the same store.
///
/// It takes jobs in batches, does as many of a queue at a time as the queue says, and writes what became of them in
/// batches too. It shows that it lives by beats in the store: one that others saw no beat of for the time of a lease
/// loses its jobs to them. If it was only paused or cut off, what it still writes is refused, because each job has a
/// number that grows when it changes hands. No node compares its clock with another's.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # async fn example(jobs: gravity_core::jobs::SqlJobs) -> Result<(), gravity_core::jobs::Error> {
/// use gravity_core::Clock;
/// use gravity_core::jobs::{Job, JobNode, NodeConfig, Queue};
///
/// # #[derive(serde::Serialize, serde::Deserialize)]
/// # struct SendMail { to: String }
/// # impl Job for SendMail { const KIND: &'static str = "mail.send"; }
/// # async fn send(to: &str) -> Result<(), std::io::Error> { Ok(()) }
/// let node = JobNode::new(jobs, Clock::system(), NodeConfig::new())
///     .with_queue(Queue::new("default").with_concurrency(20))
///     .with_worker(|job: SendMail, _context| async move {
///         send(&job.to).await?;
///         Ok(())
///     });
/// node.run_until(async { drop(tokio::signal::ctrl_c().await) }).await
/// # }
/// ```
#[must_use = "a node does nothing until it runs"]
pub struct JobNode<S> {
    pub(super) store: S,
    pub(super) clock: Clock,
    pub(super) config: NodeConfig,
    pub(super) queues: Vec<Queue>,
    pub(super) workers: Arc<Workers<S>>,
}

/// What does the jobs of each kind.
pub(super) struct Workers<S>(HashMap<&'static str, Arc<dyn AnyWorker<S>>>);

impl<S: JobStore> Workers<S> {
    pub(super) fn find(&self, kind: &str) -> Option<&dyn AnyWorker<S>> {
        self.0.get(kind).map(AsRef::as_ref)
    }

    fn with(&self, kind: &'static str, worker: Arc<dyn AnyWorker<S>>) -> Arc<Self> {
        let mut workers = self.0.clone();
        workers.insert(kind, worker);
        Arc::new(Self(workers))
    }
}

impl<S: JobStore> JobNode<S> {
    /// A node of no queues and no workers.
    pub fn new(store: S, clock: Clock, config: NodeConfig) -> Self {
        Self { store, clock, config, queues: Vec::new(), workers: Arc::new(Workers(HashMap::new())) }
    }

    /// Works on this queue too.
    pub fn with_queue(mut self, queue: Queue) -> Self {
        self.queues.push(queue);
        self
    }

    /// Does jobs of a type by an async function. A second worker for a type replaces the first.
    ///
    /// That the job is done is written after the function has returned, so a crash in between makes it run again.
    pub fn with_worker<J: Job, R>(
        mut self,
        worker: impl Fn(J, JobContext) -> R + Send + Sync + 'static,
    ) -> Self
    where
        R: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        let worker = Arc::new(Plain(worker, PhantomData::<fn() -> J>));
        self.workers = self.workers.with(J::KIND, worker);
        self
    }

    /// Does jobs of a type on a transaction: what the worker writes and that the job is done commit together, so
    /// that the effect happens once. A second worker for a type replaces the first.
    ///
    /// The transaction is open for as long as the worker takes, so it should be short, and most of all on SQLite,
    /// where nobody else can write meanwhile. The worker may be run again where the transaction collides with
    /// another.
    pub fn with_worker_in_tx<J: Job>(
        mut self,
        worker: impl for<'a, 'c> Fn(
            &'a J,
            &'a JobContext,
            &'a mut S::Tx<'c>,
        ) -> BoxFuture<'a, Result<(), Failure>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let worker = Arc::new(InTransaction(worker, PhantomData::<fn() -> J>));
        self.workers = self.workers.with(J::KIND, worker);
        self
    }

    /// Runs until `shutdown` ends; then begins no more jobs, lets those that run go on for the grace of its
    /// configuration, and gives the others back.
    ///
    /// Fails at once if a queue is not valid or the store cannot be reached. Later failures of the store are
    /// logged, and tried again. Dropping the future stops the node as a crash would: its jobs are given to others
    /// when its lease has ended.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        self.check()?;
        let mut listener = JoinSet::new();
        let store = self.store.clone();
        listener.spawn(async move { store.listen().await });
        tokio::pin!(shutdown);
        let mut tenure = Tenure::begin(&self).await?;
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                () = tenure.live() => {}
            }
            // Its workers end with it: whatever they write would be refused.
            drop(tenure);
            tenure = loop {
                match Tenure::begin(&self).await {
                    Ok(tenure) => break tenure,
                    Err(error) => tracing::warn!(%error, "a node of jobs cannot begin anew; trying again"),
                }
                tokio::select! {
                    () = &mut shutdown => return Ok(()),
                    () = self.clock.sleep(self.config.tick()) => {}
                }
            };
        }
        tenure.end().await;
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        let mut names = HashSet::new();
        for queue in &self.queues {
            queue.check()?;
            if !names.insert(&queue.name) {
                return Err(Error::invalid("queue", format!("`{}` is there twice", queue.name)));
            }
        }
        if names.is_empty() {
            return Err(Error::invalid("node", "it works on no queue"));
        }
        self.workers.0.keys().try_for_each(|kind| check_name("kind", kind, 128))
    }
}

impl<S> fmt::Debug for JobNode<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobNode").field("queues", &self.queues).finish_non_exhaustive()
    }
}
