//! Writes jobs down.

use std::collections::{BTreeMap, HashMap};

use crate::Timestamp;
use crate::db::{Engine, Tx};
use crate::jobs::{Enqueued, Error, JobId, NewJob, Unique};

use super::SqlJobs;
use super::row::{READY, SCHEDULED, millis, signed};

/// The most rows of one statement on SQLite. Shorter ones have a power of two, so that few statements are prepared.
const MAX_ROWS: usize = 512;

/// How often to look again where the job that keeps another out ends while we look.
const LOOKS: usize = 20;

type UniqueKey<'a> = (&'a str, &'a str);

impl SqlJobs {
    pub(super) async fn insert(&self, tx: &mut Tx<'_>, jobs: &[NewJob]) -> Result<Vec<Enqueued>, Error> {
        let enqueued = write(tx, jobs).await?;
        if enqueued.iter().any(|enqueued| enqueued.is_new) {
            self.tell(tx).await?;
        }
        Ok(enqueued)
    }

    /// Nodes of this process are told when it is there to be taken. Were they told before, they would look in vain
    /// just when they are wanted.
    pub(super) async fn insert_alone(&self, jobs: &[NewJob]) -> Result<Vec<Enqueued>, Error> {
        #[cfg(feature = "postgres")]
        if self.db().engine() == Engine::Postgres && self.insert_at_once(jobs).await? {
            self.hint();
            return Ok(jobs.iter().map(|job| Enqueued { id: job.id, is_new: true }).collect());
        }
        let insert = async |tx: &mut Tx<'_>| {
            let enqueued = write(tx, jobs).await?;
            if enqueued.iter().any(|enqueued| enqueued.is_new) {
                self.tell_server(tx).await?;
            }
            Ok::<_, Error>(enqueued)
        };
        let enqueued = self.db().transaction(insert).await?;
        if enqueued.iter().any(|enqueued| enqueued.is_new) {
            self.hint();
        }
        Ok(enqueued)
    }
}

async fn write(tx: &mut Tx<'_>, jobs: &[NewJob]) -> Result<Vec<Enqueued>, Error> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let holders = reserve(tx, jobs).await?;
    let holder = |job: &NewJob| {
        let key = job.unique.as_ref().map(|(key, _)| (job.kind.as_str(), key.as_str()));
        key.and_then(|key| holders.get(&key).copied()).unwrap_or(job.id)
    };
    let new: Vec<&NewJob> = jobs.iter().filter(|job| holder(job) == job.id).collect();
    insert_all(tx, &new).await?;
    let told = |job: &NewJob| Enqueued { id: holder(job), is_new: holder(job) == job.id };
    Ok(jobs.iter().map(told).collect())
}

/// Reserves the unique keys of these jobs, and tells which job has each.
async fn reserve<'a>(tx: &mut Tx<'_>, jobs: &'a [NewJob]) -> Result<HashMap<UniqueKey<'a>, JobId>, Error> {
    // In order, so that two who reserve the same keys do not wait for each other in a circle. Of those with the
    // same key in one batch the first one has it.
    let mut wanted = BTreeMap::new();
    for job in jobs {
        if let Some((key, scope)) = &job.unique {
            wanted.entry((job.kind.as_str(), key.as_str())).or_insert((job, *scope));
        }
    }
    let mut holders = HashMap::with_capacity(wanted.len());
    for ((kind, key), (job, scope)) in wanted {
        let until = match scope {
            Unique::WhileOpen => None,
            Unique::Within(period) => Some(job.created_at.saturating_add(period)),
        };
        holders.insert((kind, key), hold(tx, job, key, until).await?);
    }
    Ok(holders)
}

/// Holds a unique key for a job, and tells which job has it.
pub(super) async fn hold(
    tx: &mut Tx<'_>,
    job: &NewJob,
    key: &str,
    until: Option<Timestamp>,
) -> Result<JobId, Error> {
    hold_key(tx, job.id, &job.kind, key, until, job.created_at).await
}

pub(super) async fn hold_key(
    tx: &mut Tx<'_>,
    id: JobId,
    kind: &str,
    key: &str,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<JobId, Error> {
    for _ in 0..LOOKS {
        // Not by an update where it is held: that would lock a key that others want to free, for as long as the
        // caller's transaction lasts.
        let is_held = tx
            .query(
                "INSERT INTO jobs_uniques (kind, unique_key, job, until) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (kind, unique_key) DO NOTHING",
            )
            .bind(kind)
            .bind(key)
            .bind(id)
            .bind(until)
            .execute()
            .await?;
        if is_held == 1 {
            return Ok(id);
        }
        let holder: Option<(JobId, Option<Timestamp>)> = tx
            .query("SELECT job, until FROM jobs_uniques WHERE kind = $1 AND unique_key = $2")
            .bind(kind)
            .bind(key)
            .fetch_optional()
            .await?;
        match holder {
            None => continue,
            Some((_, Some(over))) if over <= now => {}
            Some((holder, _)) => return Ok(holder),
        }
        let is_taken_over = tx
            .query(
                "UPDATE jobs_uniques SET job = $3, until = $4 \
                 WHERE kind = $1 AND unique_key = $2 AND until <= $5",
            )
            .bind(kind)
            .bind(key)
            .bind(id)
            .bind(until)
            .bind(now)
            .execute()
            .await?;
        if is_taken_over == 1 {
            return Ok(id);
        }
    }
    Err(Error::Store("a unique key changed hands again and again".into()))
}

async fn insert_all(tx: &mut Tx<'_>, jobs: &[&NewJob]) -> Result<(), Error> {
    match tx.engine() {
        Engine::Sqlite => {
            let mut rest = jobs;
            while !rest.is_empty() {
                let (rows, later) = rest.split_at(chunk(rest.len()));
                insert_rows(tx, rows).await?;
                rest = later;
            }
        }
        #[cfg(feature = "postgres")]
        Engine::Postgres => {
            for rows in super::insert::chunks(jobs) {
                super::insert::insert_arrays(tx, rows).await?;
            }
        }
        #[cfg(not(feature = "postgres"))]
        Engine::Postgres => {}
    }
    Ok(())
}

async fn insert_rows(tx: &mut Tx<'_>, jobs: &[&NewJob]) -> Result<(), Error> {
    let mut query = tx.query(
        "INSERT INTO jobs (id, queue, kind, stage, priority, max_attempts, timeout_ms, created_at, run_at, \
         key, rate_key, unique_key, is_open_only, correlation, payload) VALUES ",
    );
    for (at, job) in jobs.iter().enumerate() {
        let unique = job.unique.as_ref();
        query = query
            .push(if at == 0 { "(" } else { ", (" })
            .push_bind(job.id)
            .push(", ")
            .push_bind(job.queue.as_str())
            .push(", ")
            .push_bind(job.kind.as_str())
            .push(", ")
            .push_bind(if job.run_at.is_none() { READY } else { SCHEDULED })
            .push(", ")
            .push_bind(job.priority)
            .push(", ")
            .push_bind(signed(job.max_attempts))
            .push(", ")
            .push_bind(millis(job.timeout))
            .push(", ")
            .push_bind(job.created_at)
            .push(", ")
            .push_bind(job.run_at.unwrap_or(job.created_at))
            .push(", ")
            .push_bind(job.key.as_deref())
            .push(", ")
            .push_bind(job.rate_key.as_deref())
            .push(", ")
            .push_bind(unique.map(|(key, _)| key.as_str()))
            .push(", ")
            .push_bind(unique.is_some_and(|(_, scope)| *scope == Unique::WhileOpen))
            .push(", ")
            .push_bind(job.correlation.as_deref())
            .push(", ")
            .push_bind(job.payload.as_str())
            .push(")");
    }
    query.execute().await?;
    Ok(())
}

fn chunk(rows: usize) -> usize {
    if rows >= MAX_ROWS { MAX_ROWS } else { 1 << rows.max(1).ilog2() }
}
