//! Writes rows as PostgreSQL likes them best: a column at a time.

use crate::db::{ErrorKind, Query, Tx};
use crate::jobs::{Error, NewJob, Unique};

use super::SqlJobs;
use super::row::{READY, SCHEDULED, millis, signed};

/// The most rows of one statement, and the most bytes of their payloads, after which it takes one more row at most.
const MAX_ROWS: usize = 4_096;
const MAX_BYTES: usize = 8 << 20;

/// One statement for any number of rows, which is parsed and planned once.
const INSERT: &str = "INSERT INTO jobs (id, queue, kind, stage, priority, max_attempts, timeout_ms, created_at, run_at, \
     key, rate_key, unique_key, is_open_only, correlation, payload) \
     SELECT * FROM UNNEST($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::smallint[], $6::integer[], \
     $7::bigint[], $8::timestamptz[], $9::timestamptz[], $10::text[], $11::text[], $12::text[], \
     $13::boolean[], $14::text[], $15::text[])";

impl SqlJobs {
    /// Writes jobs in one statement, which needs no transaction around it, if they are few enough for that and none
    /// has a unique key. Tells whether it did.
    pub(super) async fn insert_at_once(&self, jobs: &[NewJob]) -> Result<bool, Error> {
        let all: Vec<&NewJob> = jobs.iter().collect();
        if jobs.iter().any(|job| job.unique.is_some()) || chunks(&all).count() != 1 {
            return Ok(false);
        }
        let query = if self.may_tell() {
            self.db().query("WITH new AS (").push(INSERT).push(") SELECT pg_notify('gravity_jobs', '')")
        } else {
            self.db().query(INSERT)
        };
        match bind(query, &all).execute().await {
            Ok(_) => Ok(true),
            // A transaction is tried again.
            Err(error) if error.kind() == ErrorKind::Serialization => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

pub(super) async fn insert_arrays(tx: &mut Tx<'_>, jobs: &[&NewJob]) -> Result<(), Error> {
    bind(tx.query(INSERT), jobs).execute().await?;
    Ok(())
}

/// As many of these as one statement takes, again and again.
pub(super) fn chunks<'a, 'j>(jobs: &'a [&'j NewJob]) -> impl Iterator<Item = &'a [&'j NewJob]> {
    let mut rest = jobs;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |job: &&&NewJob| {
            let has_room = bytes < MAX_BYTES;
            bytes += job.payload.len();
            has_room
        };
        let rows = rest.iter().take(MAX_ROWS).take_while(fits).count();
        let (rows, later) = rest.split_at(rows);
        rest = later;
        (!rows.is_empty()).then_some(rows)
    })
}

fn bind<'a>(query: Query<'a>, jobs: &[&NewJob]) -> Query<'a> {
    fn column<T>(jobs: &[&NewJob], of: impl Fn(&NewJob) -> T) -> Vec<T> {
        jobs.iter().map(|job| of(job)).collect()
    }
    let unique = |job: &NewJob| job.unique.as_ref().map(|(key, _)| key.clone());
    let is_open_only = |job: &NewJob| matches!(job.unique, Some((_, Unique::WhileOpen)));
    query
        .bind_array(column(jobs, |job| job.id.uuid()))
        .bind_array(column(jobs, |job| job.queue.clone()))
        .bind_array(column(jobs, |job| job.kind.clone()))
        .bind_array(column(jobs, |job| if job.run_at.is_none() { READY } else { SCHEDULED }))
        .bind_array(column(jobs, |job| job.priority))
        .bind_array(column(jobs, |job| signed(job.max_attempts)))
        .bind_array(column(jobs, |job| millis(job.timeout)))
        .bind_array(column(jobs, |job| job.created_at))
        .bind_array(column(jobs, |job| job.run_at.unwrap_or(job.created_at)))
        .bind_array(column(jobs, |job| job.key.clone()))
        .bind_array(column(jobs, |job| job.rate_key.clone()))
        .bind_array(column(jobs, unique))
        .bind_array(column(jobs, is_open_only))
        .bind_array(column(jobs, |job| job.correlation.clone()))
        .bind_array(column(jobs, |job| job.payload.clone()))
}
