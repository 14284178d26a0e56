//! What follows when jobs end: their keys and unique keys are free.

use crate::Timestamp;
use crate::db::Tx;
use crate::jobs::{Attempt, Error, JobId};

use super::SqlJobs;
use super::row::READY;
use crate::db::Json;

/// A job that has ended, and what others may wait for.
pub(super) struct Ended<'a> {
    pub(super) id: JobId,
    pub(super) queue: &'a str,
    pub(super) kind: &'a str,
    pub(super) key: Option<&'a str>,
    pub(super) unique_key: Option<&'a str>,
}

impl SqlJobs {
    /// Frees what jobs held whose rows were deleted, or ended, before in this transaction.
    pub(super) async fn free(&self, tx: &mut Tx<'_>, ended: &[Ended<'_>]) -> Result<(), Error> {
        let mut has_freed = false;
        // In order, so that two who free the same do not wait for each other in a circle.
        let mut uniques: Vec<&Ended<'_>> = ended.iter().filter(|job| job.unique_key.is_some()).collect();
        uniques.sort_unstable_by_key(|job| (job.kind, job.unique_key));
        for job in uniques {
            if let Some(key) = job.unique_key {
                tx.query(
                    "DELETE FROM jobs_uniques WHERE kind = $1 AND unique_key = $2 AND job = $3 AND until IS NULL",
                )
                .bind(job.kind)
                .bind(key)
                .bind(job.id)
                .execute()
                .await?;
            }
        }
        let mut keys: Vec<(&str, &str)> =
            ended.iter().filter_map(|job| Some((job.queue, job.key?))).collect();
        keys.sort_unstable();
        keys.dedup();
        for (queue, key) in keys {
            has_freed |= let_next_go(tx, queue, key).await?;
        }
        if has_freed {
            self.tell(tx).await?;
        }
        Ok(())
    }
}

/// Lets the first job that waits for a key be asked again whether it may run.
async fn let_next_go(tx: &mut Tx<'_>, queue: &str, key: &str) -> Result<bool, Error> {
    let changed = tx
        .query(
            "UPDATE jobs SET stage = $3 WHERE stage = 2 AND id = (SELECT id FROM jobs \
             WHERE queue = $1 AND key = $2 AND stage = 2 ORDER BY seq LIMIT 1)",
        )
        .bind(queue)
        .bind(key)
        .bind(READY)
        .execute()
        .await?;
    Ok(changed > 0)
}

/// Ends a job that stays in the table.
pub(super) async fn end(
    tx: &mut Tx<'_>,
    id: JobId,
    stage: i16,
    errors: Option<&[Attempt]>,
    now: Timestamp,
) -> Result<(), Error> {
    tx.query(
        "UPDATE jobs SET stage = $2, finished_at = $3, errors = COALESCE($4, errors), node = NULL, \
         fence = fence + 1, is_holding = FALSE, is_cancelling = FALSE WHERE id = $1",
    )
    .bind(id)
    .bind(stage)
    .bind(now)
    .bind(errors.map(|errors| Json(errors.to_vec())))
    .execute()
    .await?;
    Ok(())
}
