//! What an operator does to jobs.

use crate::Timestamp;
use crate::db::Tx;
use crate::jobs::{Error, JobId};

use super::SqlJobs;
use super::claim::for_update;
use super::end::{self, Ended};
use super::enqueue::hold_key;
use super::row::{CANCELLED, DEAD, READY, SCHEDULED, rows, state_of};

/// A job as an operator finds it.
struct Found {
    id: JobId,
    queue: String,
    kind: String,
    stage: i16,
    has_node: bool,
    key: Option<String>,
    unique_key: Option<String>,
    is_open_only: bool,
}

type FoundRow = (String, String, i16, bool, Option<String>, Option<String>, bool);

impl SqlJobs {
    pub(super) async fn make_ready(&self, id: JobId, now: Timestamp) -> Result<(), Error> {
        self.db()
            .transaction(async |tx| {
                let job = find(tx, id).await?;
                match job.stage {
                    SCHEDULED => {
                        tx.query("UPDATE jobs SET stage = $2, run_at = $3 WHERE id = $1")
                            .bind(id)
                            .bind(READY)
                            .bind(now)
                            .execute()
                            .await?;
                    }
                    DEAD | CANCELLED => {
                        if let Some(holder) = revive(tx, &job, now).await? {
                            return Err(Error::KeptOut(holder));
                        }
                    }
                    stage => return Err(Error::WrongState(state_of(stage, job.has_node))),
                }
                self.tell(tx).await
            })
            .await
    }

    pub(super) async fn cancel_one(&self, id: JobId, now: Timestamp) -> Result<(), Error> {
        self.db()
            .transaction(async |tx| {
                let job = find(tx, id).await?;
                if job.stage > 2 {
                    return Err(Error::WrongState(state_of(job.stage, job.has_node)));
                }
                if job.has_node {
                    tx.query("UPDATE jobs SET is_cancelling = TRUE WHERE id = $1").bind(id).execute().await?;
                } else {
                    end::end(tx, id, CANCELLED, None, now).await?;
                    let ended = Ended {
                        id,
                        queue: &job.queue,
                        kind: &job.kind,
                        key: job.key.as_deref(),
                        unique_key: job.unique_key.as_deref(),
                    };
                    self.free(tx, &[ended]).await?;
                }
                // The node that runs it looks at once.
                self.tell(tx).await
            })
            .await
    }

    pub(super) async fn replay_dead(&self, queue: &str, limit: usize, now: Timestamp) -> Result<u64, Error> {
        self.db()
            .transaction(async |tx| {
                let lock = for_update(tx);
                // One whose unique key another holds stays, and must not be found again and again.
                let dead: Vec<JobId> = tx
                    .query(
                        "SELECT id FROM jobs WHERE queue = $1 AND stage = 4 AND finished_at <= $2 \
                         AND (NOT is_open_only OR NOT EXISTS (SELECT 1 FROM jobs_uniques u \
                         WHERE u.kind = jobs.kind AND u.unique_key = jobs.unique_key)) \
                         ORDER BY finished_at, seq LIMIT $3",
                    )
                    .bind(queue)
                    .bind(now)
                    .bind(rows(limit))
                    .push(lock)
                    .fetch_all_scalars()
                    .await?;
                let mut replayed = 0;
                for id in dead {
                    let job = find(tx, id).await?;
                    replayed += u64::from(revive(tx, &job, now).await?.is_none());
                }
                if replayed > 0 {
                    self.tell(tx).await?;
                }
                Ok(replayed)
            })
            .await
    }

    pub(super) async fn delete_finished(
        &self,
        done_before: Timestamp,
        dead_before: Timestamp,
    ) -> Result<u64, Error> {
        let mut deleted = 0;
        loop {
            let old: Vec<JobId> = self
                .db()
                .query(
                    "SELECT id FROM jobs WHERE stage > 2 AND ((stage = 4 AND finished_at < $2) \
                     OR (stage = 3 AND finished_at < $1) OR (stage = 5 AND finished_at < $1)) LIMIT 1000",
                )
                .bind(done_before)
                .bind(dead_before)
                .fetch_all_scalars()
                .await?;
            let delete = self.db().query("DELETE FROM jobs WHERE stage > 2 AND ");
            let some = delete.push_ids("id", &old).execute().await?;
            deleted += some;
            if some == 0 {
                break;
            }
        }
        for delete in ["DELETE FROM jobs_uniques WHERE until < $1", "DELETE FROM jobs_rates WHERE used < $1"]
        {
            self.db().query(delete).bind(done_before).execute().await?;
        }
        Ok(deleted)
    }
}

async fn find(tx: &mut Tx<'_>, id: JobId) -> Result<Found, Error> {
    let lock = match tx.engine() {
        crate::db::Engine::Sqlite => "",
        crate::db::Engine::Postgres => " FOR UPDATE",
    };
    let found: Option<FoundRow> = tx
        .query(
            "SELECT queue, kind, stage, node IS NOT NULL, key, unique_key, is_open_only FROM jobs WHERE id = $1",
        )
        .bind(id)
        .push(lock)
        .fetch_optional()
        .await?;
    let (queue, kind, stage, has_node, key, unique_key, is_open_only) = found.ok_or(Error::NotFound)?;
    Ok(Found { id, queue, kind, stage, has_node, key, unique_key, is_open_only })
}

/// Makes a job that had ended ready, or tells which other job keeps it out.
async fn revive(tx: &mut Tx<'_>, job: &Found, now: Timestamp) -> Result<Option<JobId>, Error> {
    if let Some(key) = job.unique_key.as_ref().filter(|_| job.is_open_only) {
        let holder = hold_key(tx, job.id, &job.kind, key, None, now).await?;
        if holder != job.id {
            return Ok(Some(holder));
        }
    }
    tx.query(
        "UPDATE jobs SET stage = $2, run_at = $3, failures = 0, lapses = 0, finished_at = NULL, \
         claimed_at = NULL, is_paid = FALSE, is_cancelling = FALSE WHERE id = $1",
    )
    .bind(job.id)
    .bind(READY)
    .bind(now)
    .execute()
    .await?;
    Ok(None)
}
