//! [`SqlSchedules`]: schedules in a database.

use std::fmt;

use async_trait::async_trait;

use super::{Error, ScheduleState, ScheduleStore};
use crate::Timestamp;
use crate::db::{self, Database, FromRow, Migration, Migrations};
use crate::jobs::{JobStore as _, NewJob, SqlJobs};

const MIGRATIONS: Migrations = Migrations::new(
    "schedules",
    &[Migration::new(
        1,
        "create schedules",
        include_str!("../../migrations/schedules/sqlite/0001_create_schedules.sql"),
        include_str!("../../migrations/schedules/postgres/0001_create_schedules.sql"),
    )],
);

/// Schedules in the table `schedules` of a database that holds the jobs, too.
#[derive(Clone)]
pub struct SqlSchedules {
    db: Database,
    jobs: SqlJobs,
}

#[derive(FromRow)]
struct Row {
    name: String,
    defined_by: Option<String>,
    definition: String,
    is_paused: bool,
    revision: i64,
    next_at: Option<Timestamp>,
    last_tick: Option<Timestamp>,
    last_fired_at: Option<Timestamp>,
    fired: i64,
    missed: i64,
}

impl SqlSchedules {
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

#[async_trait]
impl ScheduleStore for SqlSchedules {
    type Jobs = SqlJobs;

    fn jobs(&self) -> &SqlJobs {
        &self.jobs
    }

    async fn insert(&self, state: &ScheduleState) -> Result<bool, Error> {
        let inserted = self
            .db
            .query(
                "INSERT INTO schedules (name, defined_by, definition, is_paused, revision, next_at, last_tick, \
                 last_fired_at, fired, missed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
                 ON CONFLICT (name) DO NOTHING",
            )
            .bind(&state.name)
            .bind(state.defined_by.as_deref())
            .bind(written(state)?)
            .bind(state.is_paused)
            .bind(state.revision)
            .bind(state.next)
            .bind(state.last_tick)
            .bind(state.last_fired_at)
            .bind(state.fired)
            .bind(state.missed)
            .execute()
            .await?;
        Ok(inserted == 1)
    }

    async fn replace(&self, seen: i64, state: &ScheduleState, jobs: &[NewJob]) -> Result<bool, Error> {
        let definition = written(state)?;
        self.db
            .transaction(async |tx| {
                // First of all, because it locks the schedule: whoever has seen the same waits here, and then
                // finds another revision.
                let replaced = tx
                    .query(
                        "UPDATE schedules SET defined_by = $3, definition = $4, is_paused = $5, next_at = $6, \
                         last_tick = $7, last_fired_at = $8, fired = $9, missed = $10, revision = revision + 1 \
                         WHERE name = $1 AND revision = $2",
                    )
                    .bind(&state.name)
                    .bind(seen)
                    .bind(state.defined_by.as_deref())
                    .bind(definition.as_str())
                    .bind(state.is_paused)
                    .bind(state.next)
                    .bind(state.last_tick)
                    .bind(state.last_fired_at)
                    .bind(state.fired)
                    .bind(state.missed)
                    .execute()
                    .await?;
                if replaced == 1 && !jobs.is_empty() {
                    self.jobs.enqueue(tx, jobs).await?;
                }
                Ok(replaced == 1)
            })
            .await
    }

    async fn remove(&self, name: &str, seen: i64) -> Result<bool, Error> {
        let delete = self.db.query("DELETE FROM schedules WHERE name = $1 AND revision = $2");
        Ok(delete.bind(name).bind(seen).execute().await? == 1)
    }

    async fn get(&self, name: &str) -> Result<Option<ScheduleState>, Error> {
        let row: Option<Row> =
            self.db.query("SELECT * FROM schedules WHERE name = $1").bind(name).fetch_optional().await?;
        row.map(read).transpose()
    }

    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<ScheduleState>, Error> {
        let rows: Vec<Row> = self
            .db
            .query("SELECT * FROM schedules WHERE name > $1 ORDER BY name LIMIT $2")
            // No name is empty.
            .bind(after.unwrap_or_default())
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all()
            .await?;
        Ok(readable(rows))
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<ScheduleState>, Error> {
        let rows: Vec<Row> = self
            .db
            .query("SELECT * FROM schedules WHERE next_at <= $1 ORDER BY next_at, name LIMIT $2")
            .bind(now)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all()
            .await?;
        Ok(readable(rows))
    }

    async fn next(&self) -> Result<Option<Timestamp>, Error> {
        let query =
            self.db.query("SELECT next_at FROM schedules WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1");
        Ok(query.fetch_optional_scalar().await?)
    }
}

fn written(state: &ScheduleState) -> Result<String, Error> {
    serde_json::to_string(&state.definition).map_err(|error| Error::invalid("definition", error.to_string()))
}

fn read(row: Row) -> Result<ScheduleState, Error> {
    let definition = serde_json::from_str(&row.definition)
        .map_err(|source| Error::Corrupt { name: row.name.clone(), source })?;
    Ok(ScheduleState {
        name: row.name,
        defined_by: row.defined_by,
        definition,
        is_paused: row.is_paused,
        revision: row.revision,
        next: row.next_at,
        last_tick: row.last_tick,
        last_fired_at: row.last_fired_at,
        fired: row.fired,
        missed: row.missed,
    })
}

fn readable(rows: Vec<Row>) -> Vec<ScheduleState> {
    let log =
        |error: &Error| tracing::error!(error = error as &dyn std::error::Error, "a schedule is left out");
    rows.into_iter().filter_map(|row| read(row).inspect_err(log).ok()).collect()
}

impl fmt::Debug for SqlSchedules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlSchedules").field("db", &self.db).finish_non_exhaustive()
    }
}
