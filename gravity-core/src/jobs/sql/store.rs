//! [`SqlJobs`]: the store on SQLite and PostgreSQL.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use async_trait::async_trait;
use tokio::sync::watch;
use uuid::Uuid;

use crate::Timestamp;
use crate::db::{self, Database, Migration, Migrations, Tx};
use crate::jobs::{
    Ask, Claimed, Count, Enqueued, Error, Failure, JobFilter, JobId, JobStore, JobView, NewJob, Outcome,
    Perform, Progress, QueueAge, Settled, Taken, View,
};

const MIGRATIONS: Migrations = Migrations::new(
    "jobs",
    &[Migration::new(
        1,
        "create jobs",
        include_str!("../../../migrations/jobs/sqlite/0001_create_jobs.sql"),
        include_str!("../../../migrations/jobs/postgres/0001_create_jobs.sql"),
    )],
);

/// Jobs in the application's own database, SQLite or PostgreSQL, in the table `jobs` and some that begin with
/// `jobs_`.
///
/// A clone is another handle to the same store. On SQLite the handles of one process hear of each other's jobs
/// at once, those of other processes when they next ask; on PostgreSQL all do, by `NOTIFY`.
#[derive(Clone)]
pub struct SqlJobs(pub(super) Arc<Inner>);

pub(super) struct Inner {
    db: Database,
    pub(super) hint: watch::Sender<()>,
    /// Whether something was written, and perhaps not yet committed, since jobs were last looked for.
    pub(super) has_news: AtomicBool,
    /// Queues whose jobs had keys when they were last looked at.
    pub(super) keyed: Mutex<HashSet<String>>,
    pub(super) began: Instant,
    /// When the server was last told, in microseconds since `began`.
    pub(super) told_at: AtomicU64,
}

impl SqlJobs {
    /// The tables' schema, for who applies migrations by other means.
    pub const MIGRATIONS: Migrations = MIGRATIONS;

    /// The store in this database, whose tables it brings up to date.
    pub async fn new(db: &Database) -> Result<Self, db::Error> {
        MIGRATIONS.up(db).await?;
        Ok(Self::migrated(db))
    }

    /// The store in a database whose tables are up to date.
    pub fn migrated(db: &Database) -> Self {
        Self(Arc::new(Inner {
            db: db.clone(),
            hint: watch::Sender::new(()),
            has_news: AtomicBool::new(false),
            keyed: Mutex::default(),
            began: Instant::now(),
            told_at: AtomicU64::new(0),
        }))
    }

    /// The database it is in.
    pub fn database(&self) -> &Database {
        &self.0.db
    }

    pub(super) fn db(&self) -> &Database {
        &self.0.db
    }
}

#[async_trait]
impl JobStore for SqlJobs {
    type Tx<'c> = Tx<'c>;

    async fn enqueue(&self, tx: &mut Tx<'_>, jobs: &[NewJob]) -> Result<Vec<Enqueued>, Error> {
        self.insert(tx, jobs).await
    }

    async fn enqueue_alone(&self, jobs: &[NewJob]) -> Result<Vec<Enqueued>, Error> {
        self.insert_alone(jobs).await
    }

    fn hints(&self) -> watch::Receiver<()> {
        self.0.hint.subscribe()
    }

    async fn listen(&self) {
        self.listen_to_server().await;
    }

    async fn join(&self, node: Uuid) -> Result<(), Error> {
        self.add_node(node).await
    }

    async fn beat(&self, node: Uuid, running: &[JobId]) -> Result<View, Error> {
        self.count_beat(node, running).await
    }

    async fn bury(&self, silent: Uuid, beat: Option<i64>, now: Timestamp) -> Result<u64, Error> {
        self.bury_node(silent, beat, now).await
    }

    async fn leave(&self, node: Uuid, now: Timestamp) -> Result<(), Error> {
        self.remove_node(node, now).await
    }

    async fn wake(&self, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        self.wake_due(now).await
    }

    async fn claim(&self, ask: Ask<'_>) -> Result<Taken, Error> {
        self.take(&ask).await
    }

    async fn held(&self, node: Uuid, queue: &str) -> Result<Vec<Claimed>, Error> {
        self.held_by(node, queue).await
    }

    async fn settle(&self, settled: &[Settled], now: Timestamp) -> Result<Vec<JobId>, Error> {
        self.settle_all(settled, now).await
    }

    async fn perform(
        &self,
        job: &Claimed,
        done: Outcome,
        now: Timestamp,
        worker: &dyn Perform<Self>,
    ) -> Result<Result<(), Failure>, Error> {
        self.perform_in_transaction(job, &done, now, worker).await
    }

    async fn progress(&self, job: &Claimed, progress: &Progress) -> Result<(), Error> {
        self.note_progress(job, progress).await
    }

    async fn get(&self, id: JobId) -> Result<Option<JobView>, Error> {
        self.read_one(id).await
    }

    async fn list(
        &self,
        filter: &JobFilter,
        before: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<JobView>, Error> {
        self.read_list(filter, before, limit).await
    }

    async fn counts(&self) -> Result<Vec<Count>, Error> {
        self.count_all().await
    }

    async fn ages(&self) -> Result<Vec<QueueAge>, Error> {
        self.oldest_ready().await
    }

    async fn retry(&self, id: JobId, now: Timestamp) -> Result<(), Error> {
        self.make_ready(id, now).await
    }

    async fn cancel(&self, id: JobId, now: Timestamp) -> Result<(), Error> {
        self.cancel_one(id, now).await
    }

    async fn replay(&self, queue: &str, limit: usize, now: Timestamp) -> Result<u64, Error> {
        self.replay_dead(queue, limit, now).await
    }

    async fn retain(&self, done_before: Timestamp, dead_before: Timestamp) -> Result<u64, Error> {
        self.delete_finished(done_before, dead_before).await
    }
}

impl fmt::Debug for SqlJobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlJobs").field("db", &self.0.db).finish()
    }
}
