//! Writes what became of jobs.

use std::collections::{BTreeMap, HashSet};

use crate::Timestamp;
use crate::db::{Engine, Json, Tx};
use crate::jobs::work::Keep;
use crate::jobs::{Attempt, Claimed, Error, Failure, JobId, Outcome, Perform, Progress, Settled};

use super::SqlJobs;
use super::end::{self, Ended};
use super::row::{CANCELLED, DEAD, DONE, READY, SCHEDULED, signed};

/// The most jobs that one statement ends.
const MAX_ROWS: usize = 1_024;

impl SqlJobs {
    pub(super) async fn settle_all(&self, settled: &[Settled], now: Timestamp) -> Result<Vec<JobId>, Error> {
        let mut refused = Vec::new();
        for settled in settled.chunks(MAX_ROWS) {
            refused.extend(self.settle_some(settled, now).await?);
        }
        Ok(refused)
    }

    async fn settle_some(&self, settled: &[Settled], now: Timestamp) -> Result<Vec<JobId>, Error> {
        // The many that are done and leave nothing behind take one statement and no transaction around it.
        let first = settled.first().map(|settled| settled.job.fence);
        let is_plain = |settled: &Settled| {
            settled.outcome == Outcome::Done(Keep::Not)
                && settled.job.key.is_none()
                && settled.job.unique_key.is_none()
                && Some(settled.job.fence) == first
        };
        if let Some(fence) = first
            && settled.iter().all(is_plain)
        {
            let ids: Vec<JobId> = settled.iter().map(|settled| settled.job.id).collect();
            let deleted =
                self.db().query("DELETE FROM jobs WHERE node IS NOT NULL AND fence = $1 AND ").bind(fence);
            let deleted = deleted.push_ids("id", &ids).push(" RETURNING id").fetch_all_scalars().await?;
            return Ok(missing(&ids, deleted));
        }
        self.db()
            .transaction(async |tx| {
                end_if_stopped(tx).await?;
                self.settle_in(tx, settled, now).await
            })
            .await
    }

    pub(super) async fn settle_in(
        &self,
        tx: &mut Tx<'_>,
        settled: &[Settled],
        now: Timestamp,
    ) -> Result<Vec<JobId>, Error> {
        let mut refused = self.end_done(tx, settled, now).await?;
        for Settled { job, outcome } in settled {
            if !matches!(outcome, Outcome::Done(_)) && !self.end_otherwise(tx, job, outcome, now).await? {
                refused.push(job.id);
            }
        }
        if settled.iter().any(|settled| settled.outcome == Outcome::GivenBack) {
            self.tell(tx).await?;
        }
        Ok(refused)
    }

    async fn end_done(
        &self,
        tx: &mut Tx<'_>,
        settled: &[Settled],
        now: Timestamp,
    ) -> Result<Vec<JobId>, Error> {
        // Those of one fence take one statement, and nearly all have the same.
        let mut groups = BTreeMap::<(i64, bool), Vec<JobId>>::new();
        for Settled { job, outcome } in settled {
            if let Outcome::Done(keep) = outcome {
                groups.entry((job.fence, *keep == Keep::ForATime)).or_default().push(job.id);
            }
        }
        let mut refused = HashSet::new();
        for ((fence, is_kept), ids) in groups {
            let query = if is_kept {
                tx.query(
                    "UPDATE jobs SET stage = $2, finished_at = $3, node = NULL, fence = fence + 1, \
                     is_holding = FALSE, is_cancelling = FALSE WHERE node IS NOT NULL AND fence = $1 AND ",
                )
                .bind(fence)
                .bind(DONE)
                .bind(now)
            } else {
                tx.query("DELETE FROM jobs WHERE node IS NOT NULL AND fence = $1 AND ").bind(fence)
            };
            let ended = query.push_ids("id", &ids).push(" RETURNING id").fetch_all_scalars().await?;
            refused.extend(missing(&ids, ended).into_iter().map(|id| (id, fence)));
        }
        let is_ended = |settled: &&Settled| {
            let job = (settled.job.id, settled.job.fence);
            matches!(settled.outcome, Outcome::Done(_)) && !refused.contains(&job)
        };
        let ended: Vec<Ended<'_>> =
            settled.iter().filter(is_ended).map(|settled| Ended::from(&settled.job)).collect();
        self.free(tx, &ended).await?;
        Ok(refused.into_iter().map(|(id, _)| id).collect())
    }

    /// Whether the claim still held.
    async fn end_otherwise(
        &self,
        tx: &mut Tx<'_>,
        job: &Claimed,
        outcome: &Outcome,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let (stage, errors) = match outcome {
            Outcome::Done(_) => return Ok(true),
            Outcome::Retry { errors, .. } => (SCHEDULED, Some(errors)),
            Outcome::Snooze(_) => (SCHEDULED, None),
            Outcome::GivenBack => (READY, None),
            Outcome::Dead { errors } => (DEAD, Some(errors)),
            Outcome::Cancelled => (CANCELLED, None),
        };
        let run_at = match outcome {
            Outcome::Retry { at, .. } | Outcome::Snooze(at) => *at,
            _ => job.run_at,
        };
        let failures = job.failures.saturating_add(u32::from(errors.is_some()));
        let is_cancelling: Option<bool> = tx
            .query(
                "UPDATE jobs SET stage = $3, run_at = $4, failures = $5, errors = COALESCE($6, errors), \
                 node = NULL, claimed_at = NULL, fence = fence + 1 \
                 WHERE node IS NOT NULL AND id = $1 AND fence = $2 RETURNING is_cancelling",
            )
            .bind(job.id)
            .bind(job.fence)
            .bind(if stage < DONE { stage } else { READY })
            .bind(run_at)
            .bind(signed(failures))
            .bind(errors.map(|errors| Json(errors.clone())))
            .fetch_optional_scalar()
            .await?;
        let Some(is_cancelling) = is_cancelling else { return Ok(false) };
        let stage = if is_cancelling && stage != DEAD { CANCELLED } else { stage };
        if stage >= DONE {
            end::end(tx, job.id, stage, None::<&[Attempt]>, now).await?;
            self.free(tx, &[Ended::from(job)]).await?;
        }
        Ok(true)
    }

    pub(super) async fn perform_in_transaction(
        &self,
        job: &Claimed,
        done: &Outcome,
        now: Timestamp,
        worker: &dyn Perform<Self>,
    ) -> Result<Result<(), Failure>, Error> {
        let performed = self.db().transaction(async |tx| {
            // Keeps a node that has lost the job from doing it in vain. What decides is the same question in the end.
            let fence: Option<i64> = tx
                .query("SELECT fence FROM jobs WHERE id = $1")
                .bind(job.id)
                .fetch_optional_scalar()
                .await
                .map_err(Undone::from)?;
            if fence != Some(job.fence) {
                return Err(Undone::Store(Error::Fenced));
            }
            worker.perform(tx).await.map_err(Undone::Worker)?;
            let settled = [Settled { job: job.clone(), outcome: done.clone() }];
            let refused = self.settle_in(tx, &settled, now).await.map_err(Undone::Store)?;
            if refused.is_empty() { Ok(()) } else { Err(Undone::Store(Error::Fenced)) }
        });
        match performed.await {
            Ok(()) => Ok(Ok(())),
            Err(Undone::Worker(failure)) => Ok(Err(failure)),
            Err(Undone::Store(error)) => Err(error),
        }
    }

    pub(super) async fn note_progress(&self, job: &Claimed, progress: &Progress) -> Result<(), Error> {
        let noted = self
            .db()
            .query("UPDATE jobs SET progress = $3 WHERE node IS NOT NULL AND id = $1 AND fence = $2")
            .bind(job.id)
            .bind(job.fence)
            .bind(Json(progress.clone()))
            .execute()
            .await?;
        if noted == 1 { Ok(()) } else { Err(Error::Fenced) }
    }
}

/// Why nothing was written.
enum Undone {
    Worker(Failure),
    Store(Error),
}

impl From<crate::db::Error> for Undone {
    fn from(error: crate::db::Error) -> Self {
        Self::Store(error.into())
    }
}

impl<'a> From<&'a Claimed> for Ended<'a> {
    fn from(job: &'a Claimed) -> Self {
        Self {
            id: job.id,
            queue: &job.queue,
            kind: &job.kind,
            key: job.key.as_deref(),
            unique_key: job.unique_key.as_deref(),
        }
    }
}

fn missing(wanted: &[JobId], found: Vec<JobId>) -> Vec<JobId> {
    if found.len() == wanted.len() {
        return Vec::new();
    }
    let found: HashSet<JobId> = found.into_iter().collect();
    wanted.iter().copied().filter(|id| !found.contains(id)).collect()
}

/// Keeps a transaction of a node that is stopped in the middle of it from holding its locks for long.
pub(super) async fn end_if_stopped(tx: &mut Tx<'_>) -> Result<(), Error> {
    if tx.engine() == Engine::Postgres {
        tx.query("SELECT set_config('idle_in_transaction_session_timeout', '5000', true)").execute().await?;
    }
    Ok(())
}
