//! Writes rows as PostgreSQL likes them best: a column at a time.

use crate::db::Tx;
use crate::jobs::{Error, NewJob, Unique};

use super::row::{READY, SCHEDULED, millis, signed};

/// One statement for any number of rows, which is parsed and planned once.
pub(super) async fn insert_arrays(tx: &mut Tx<'_>, jobs: &[&NewJob]) -> Result<(), Error> {
    fn column<T>(jobs: &[&NewJob], of: impl Fn(&NewJob) -> T) -> Vec<T> {
        jobs.iter().map(|job| of(job)).collect()
    }
    let unique = |job: &NewJob| job.unique.as_ref().map(|(key, _)| key.clone());
    let is_open_only = |job: &NewJob| matches!(job.unique, Some((_, Unique::WhileOpen)));
    tx.query(
        "INSERT INTO jobs (id, queue, kind, stage, priority, max_attempts, timeout_ms, created_at, run_at, \
         key, rate_key, unique_key, is_open_only, correlation, payload) \
         SELECT * FROM UNNEST($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::smallint[], $6::integer[], \
         $7::bigint[], $8::timestamptz[], $9::timestamptz[], $10::text[], $11::text[], $12::text[], \
         $13::boolean[], $14::text[], $15::text[])",
    )
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
    .execute()
    .await?;
    Ok(())
}
