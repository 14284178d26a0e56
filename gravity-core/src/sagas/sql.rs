//! [`SqlSagas`]: sagas in a database.

use std::fmt;

use async_trait::async_trait;

use super::memory::Undone;
use super::store::{Change, Changed};
use super::{Error, Progress, SagaCount, SagaFilter, SagaId, SagaRecord, SagaStatus, SagaStore};
use crate::Timestamp;
use crate::db::{self, Database, Engine, FromRow, Migration, Migrations, Tx};
use crate::jobs::{Failure, JobStore as _, NewJob, SqlJobs};

const MIGRATIONS: Migrations = Migrations::new(
    "sagas",
    &[Migration::new(
        1,
        "create sagas",
        include_str!("../../migrations/sagas/sqlite/0001_create_sagas.sql"),
        include_str!("../../migrations/sagas/postgres/0001_create_sagas.sql"),
    )],
);

/// Sagas in the table `sagas` of a database that holds the jobs, too.
#[derive(Clone)]
pub struct SqlSagas {
    db: Database,
    jobs: SqlJobs,
}

#[derive(FromRow)]
struct Row {
    id: SagaId,
    name: String,
    version: i64,
    status: String,
    checkpoint: i64,
    started_at: Timestamp,
    updated_at: Timestamp,
    finished_at: Option<Timestamp>,
    progress: String,
}

impl SqlSagas {
    /// The table's schema, for who applies migrations by other means.
    pub const MIGRATIONS: Migrations = MIGRATIONS;

    /// The store in the database of these jobs, whose table it brings up to date.
    pub async fn new(jobs: &SqlJobs) -> Result<Self, db::Error> {
        MIGRATIONS.up(jobs.database()).await?;
        Ok(Self::migrated(jobs))
    }

    /// The store in a database whose table is up to date.
    pub fn migrated(jobs: &SqlJobs) -> Self {
        Self { db: jobs.database().clone(), jobs: jobs.clone() }
    }
}

impl From<db::Error> for Undone {
    fn from(error: db::Error) -> Self {
        Self::Failed(error.into())
    }
}

#[async_trait]
impl SagaStore for SqlSagas {
    type Tx<'c> = Tx<'c>;
    type Jobs = SqlJobs;

    fn jobs(&self) -> &SqlJobs {
        &self.jobs
    }

    async fn insert(&self, tx: &mut Tx<'_>, saga: &SagaRecord, job: &NewJob) -> Result<(), Error> {
        tx.query(
            "INSERT INTO sagas (id, name, version, status, checkpoint, started_at, updated_at, finished_at, \
             progress) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(saga.id)
        .bind(&saga.name)
        .bind(i64::from(saga.version))
        .bind(saga.status.as_str())
        .bind(saga.checkpoint)
        .bind(saga.started_at)
        .bind(saga.updated_at)
        .bind(saga.finished_at)
        .bind(written(&saga.progress)?)
        .execute()
        .await?;
        self.jobs.enqueue(tx, std::slice::from_ref(job)).await?;
        Ok(())
    }

    async fn insert_alone(&self, saga: &SagaRecord, job: &NewJob) -> Result<(), Error> {
        self.db.transaction(async |tx| self.insert(tx, saga, job).await).await
    }

    async fn update(
        &self,
        id: SagaId,
        seen: Option<i64>,
        change: &dyn Change<Self>,
    ) -> Result<Result<SagaRecord, Failure>, Error> {
        let outcome = self
            .db
            .transaction(async |tx| {
                // On SQLite one transaction writes at a time, and this is one that does.
                let select = match tx.engine() {
                    Engine::Sqlite => "SELECT * FROM sagas WHERE id = $1",
                    Engine::Postgres => "SELECT * FROM sagas WHERE id = $1 FOR UPDATE",
                };
                let row: Option<Row> = tx.query(select).bind(id).fetch_optional().await?;
                let saga = read(row.ok_or(Undone::Failed(Error::NotFound))?).map_err(Undone::Failed)?;
                if seen.is_some_and(|seen| seen != saga.checkpoint) {
                    return Err(Undone::Failed(Error::Fenced));
                }
                let Changed { saga, jobs } = change.change(tx, saga).await.map_err(Undone::Refused)?;
                tx.query(
                    "UPDATE sagas SET version = $2, status = $3, checkpoint = $4, updated_at = $5, \
                     finished_at = $6, progress = $7 WHERE id = $1",
                )
                .bind(id)
                .bind(i64::from(saga.version))
                .bind(saga.status.as_str())
                .bind(saga.checkpoint)
                .bind(saga.updated_at)
                .bind(saga.finished_at)
                .bind(written(&saga.progress).map_err(Undone::Failed)?)
                .execute()
                .await?;
                if !jobs.is_empty() {
                    self.jobs.enqueue(tx, &jobs).await.map_err(|error| Undone::Failed(error.into()))?;
                }
                Ok(saga)
            })
            .await;
        match outcome {
            Ok(saga) => Ok(Ok(saga)),
            Err(Undone::Refused(failure)) => Ok(Err(failure)),
            Err(Undone::Failed(error)) => Err(error),
        }
    }

    async fn get(&self, id: SagaId) -> Result<Option<SagaRecord>, Error> {
        let row: Option<Row> =
            self.db.query("SELECT * FROM sagas WHERE id = $1").bind(id).fetch_optional().await?;
        row.map(read).transpose()
    }

    async fn list(
        &self,
        filter: &SagaFilter,
        before: Option<SagaId>,
        limit: usize,
    ) -> Result<Vec<SagaRecord>, Error> {
        let mut query = self.db.query("SELECT * FROM sagas WHERE 1 = 1");
        if let Some(before) = before {
            query = query.push(" AND id < ").push_bind(before);
        }
        if let Some(name) = &filter.name {
            query = query.push(" AND name = ").push_bind(name.as_str());
        }
        if let Some(status) = filter.status {
            query = query.push(" AND status = ").push_bind(status.as_str());
        }
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows: Vec<Row> = query.push(" ORDER BY id DESC LIMIT ").push_bind(limit).fetch_all().await?;
        rows.into_iter().map(read).collect()
    }

    async fn counts(&self) -> Result<Vec<SagaCount>, Error> {
        let rows: Vec<(String, String, i64)> = self
            .db
            .query("SELECT name, status, COUNT(*) FROM sagas GROUP BY name, status")
            .fetch_all()
            .await?;
        let count = |(name, status, sagas): (String, String, i64)| {
            let status = status.parse::<SagaStatus>()?;
            Ok(SagaCount { name, status, sagas: u64::try_from(sagas).unwrap_or(0) })
        };
        let mut counts = rows.into_iter().map(count).collect::<Result<Vec<_>, Error>>()?;
        counts.sort_unstable();
        Ok(counts)
    }

    async fn retain(&self, finished_before: Timestamp) -> Result<u64, Error> {
        let delete = self.db.query("DELETE FROM sagas WHERE finished_at < $1");
        Ok(delete.bind(finished_before).execute().await?)
    }
}

fn written(progress: &Progress) -> Result<String, Error> {
    serde_json::to_string(progress).map_err(|error| Error::invalid("state", error.to_string()))
}

fn read(row: Row) -> Result<SagaRecord, Error> {
    Ok(SagaRecord {
        id: row.id,
        version: u32::try_from(row.version).unwrap_or(u32::MAX),
        status: row.status.parse()?,
        checkpoint: row.checkpoint,
        started_at: row.started_at,
        updated_at: row.updated_at,
        finished_at: row.finished_at,
        progress: serde_json::from_str(&row.progress)
            .map_err(|source| Error::Corrupt { id: row.id, source })?,
        name: row.name,
    })
}

impl fmt::Debug for SqlSagas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlSagas").field("db", &self.db).finish_non_exhaustive()
    }
}
