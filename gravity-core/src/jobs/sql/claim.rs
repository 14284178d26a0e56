//! Gives ready jobs to nodes.

use std::collections::{HashMap, HashSet};
use std::sync::PoisonError;

use uuid::Uuid;

use crate::Timestamp;
use crate::db::{Engine, Tx};
use crate::jobs::{Ask, Claimed, Error, JobId, Taken};

use super::SqlJobs;
use super::rates::Rates;
use super::row::{ClaimedRow, READY, SCHEDULED, WAITING, rows};

/// How many jobs to look at where those at the head of a queue wait for others of their keys.
const LOOK_AT: usize = 256;

/// A ready job that may be taken.
pub(super) struct Candidate {
    pub(super) id: JobId,
    key: Option<String>,
    pub(super) rate_key: Option<String>,
    pub(super) is_paid: bool,
}

/// What became of a round of candidates.
#[derive(Default)]
struct Round {
    jobs: Vec<Claimed>,
    held_until: Option<Timestamp>,
    /// Some made room for others behind them.
    has_moved: bool,
    /// Some had keys.
    is_keyed: bool,
}

impl SqlJobs {
    pub(super) async fn take(&self, ask: &Ask<'_>) -> Result<Taken, Error> {
        if ask.limit == 0 {
            return Ok(Taken::default());
        }
        // On SQLite, where writers queue, who is told of a job that is not committed yet waits for it. On PostgreSQL a look
        // in vain that locks nothing needs no write to the disk.
        let waits_for_news = self.take_news() && self.db().engine() == Engine::Sqlite;
        if !waits_for_news && !self.has_ready(ask.queue).await? {
            return Ok(Taken::default());
        }
        let is_keyed = self.is_keyed(ask.queue);
        let mut look_at = 1;
        loop {
            let round = match self.db().transaction(async |tx| round(tx, ask, look_at, is_keyed).await).await
            {
                // Others took one of the same key just now; who asks again finds it.
                Err(Error::Database(error)) if error.is_unique_violation_on("jobs", &["queue", "key"]) => {
                    return Ok(Taken::default());
                }
                round => round?,
            };
            self.note_keyed(ask.queue, round.is_keyed);
            // Those that moved aside are behind us for good, so this ends.
            if round.has_moved && round.jobs.is_empty() {
                look_at = LOOK_AT;
                continue;
            }
            return Ok(Taken { jobs: round.jobs, held_until: round.held_until });
        }
    }

    fn is_keyed(&self, queue: &str) -> bool {
        self.0.keyed.lock().unwrap_or_else(PoisonError::into_inner).contains(queue)
    }

    fn note_keyed(&self, queue: &str, is_keyed: bool) {
        let mut keyed = self.0.keyed.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_keyed {
            keyed.remove(queue);
        } else if !keyed.contains(queue) {
            keyed.insert(queue.to_owned());
        }
    }

    pub(super) async fn held_by(&self, node: Uuid, queue: &str) -> Result<Vec<Claimed>, Error> {
        let held: Vec<ClaimedRow> = self
            .db()
            .query(
                "SELECT id, fence, kind, payload, priority, seq, key, unique_key, is_open_only, failures, \
                 max_attempts, timeout_ms, created_at, run_at, errors, correlation \
                 FROM jobs WHERE stage = 0 AND node = $1 AND queue = $2 ORDER BY priority DESC, seq",
            )
            .bind(node)
            .bind(queue)
            .fetch_all()
            .await?;
        Ok(held.into_iter().map(|row| row.of_queue(queue)).collect())
    }

    async fn has_ready(&self, queue: &str) -> Result<bool, Error> {
        let first: Option<JobId> = self
            .db()
            .query(
                "SELECT id FROM jobs WHERE queue = $1 AND stage = 0 AND node IS NULL \
                 ORDER BY priority DESC, seq LIMIT 1",
            )
            .bind(queue)
            .fetch_optional_scalar()
            .await?;
        Ok(first.is_some())
    }
}

/// Looks at as many jobs as there is room for, and at least at so many.
async fn round(tx: &mut Tx<'_>, ask: &Ask<'_>, look_at: usize, is_keyed: bool) -> Result<Round, Error> {
    if !begin(tx, ask).await? {
        return Ok(Round::default());
    }
    if tx.engine() == Engine::Postgres && ask.rate.is_none() && ask.key_rate.is_none() && !is_keyed {
        let jobs = take_plain(tx, ask).await?;
        if !jobs.is_empty() {
            return Ok(Round { jobs, ..Round::default() });
        }
    }
    let rates = Rates::load(tx, ask).await?;
    let limit = ask.limit.min(rates.room());
    if limit == 0 {
        return Ok(Round { held_until: Some(rates.next()), ..Round::default() });
    }
    let mut free = candidates(tx, ask, limit.max(look_at)).await?;
    let is_keyed = free.iter().any(|job| job.key.is_some());
    let blocked = if is_keyed {
        let (blocked, unclear) = blocked(tx, &free).await?;
        free.retain(|job| !blocked.contains(&job.id) && !unclear.contains(&job.id));
        blocked
    } else {
        HashSet::new()
    };
    let mut has_moved = move_to(tx, WAITING, &blocked).await?;
    free.truncate(limit);
    let postponed = rates.admit(tx, &mut free).await?;
    for (id, at) in &postponed {
        postpone(tx, *id, *at).await?;
        has_moved = true;
    }
    let ids: Vec<JobId> = free.into_iter().map(|job| job.id).collect();
    let jobs = mark(tx, ask, &ids).await?;
    rates.save(tx, jobs.len()).await?;
    Ok(Round { jobs, held_until: None, has_moved, is_keyed })
}

/// Makes sure that the node counts as alive until this is committed: who buries it waits for that.
async fn begin(tx: &mut Tx<'_>, ask: &Ask<'_>) -> Result<bool, Error> {
    let sql = match tx.engine() {
        Engine::Sqlite => "SELECT is_alive FROM jobs_nodes WHERE id = $1",
        // A node that is stopped right here must not hold its locks for long, and the tables' sizes change too
        // much for a plan that was made once.
        Engine::Postgres => {
            "SELECT is_alive FROM jobs_nodes WHERE id = $1 \
             AND set_config('idle_in_transaction_session_timeout', '5000', true) IS NOT NULL \
             AND set_config('plan_cache_mode', 'force_custom_plan', true) IS NOT NULL FOR KEY SHARE"
        }
    };
    let is_alive: Option<bool> = tx.query(sql).bind(ask.node).fetch_optional_scalar().await?;
    Ok(is_alive == Some(true))
}

/// Takes jobs in one statement, if none of those at the head of the queue has a key. Rows do not move while they are
/// locked, so they are found by their places: for a join the whole table may be read.
async fn take_plain(tx: &mut Tx<'_>, ask: &Ask<'_>) -> Result<Vec<Claimed>, Error> {
    let taken: Vec<ClaimedRow> = tx
        .query(
            "WITH head AS MATERIALIZED (SELECT ctid AS place, key FROM jobs WHERE queue = $1 AND stage = 0 \
             AND node IS NULL ORDER BY priority DESC, seq LIMIT $2 FOR UPDATE SKIP LOCKED) \
             UPDATE jobs SET node = $3, claimed_at = $4, fence = fence + 1, is_paid = FALSE, progress = NULL \
             WHERE ctid = ANY (ARRAY(SELECT place FROM head)) \
             AND NOT EXISTS (SELECT 1 FROM head WHERE key IS NOT NULL) \
             RETURNING id, fence, kind, payload, priority, seq, key, unique_key, is_open_only, failures, \
             max_attempts, timeout_ms, created_at, run_at, errors, correlation",
        )
        .bind(ask.queue)
        .bind(rows(ask.limit))
        .bind(ask.node)
        .bind(ask.now)
        .fetch_all()
        .await?;
    Ok(claimed(taken, ask.queue))
}

async fn candidates(tx: &mut Tx<'_>, ask: &Ask<'_>, limit: usize) -> Result<Vec<Candidate>, Error> {
    let lock = for_update(tx);
    let found: Vec<(JobId, Option<String>, Option<String>, bool)> = tx
        .query(
            "SELECT id, key, rate_key, is_paid FROM jobs WHERE queue = $1 AND stage = 0 AND node IS NULL \
             ORDER BY priority DESC, seq LIMIT $2",
        )
        .bind(ask.queue)
        .bind(rows(limit))
        .push(lock)
        .fetch_all()
        .await?;
    let candidate = |(id, key, rate_key, is_paid): (_, Option<String>, Option<String>, _)| Candidate {
        id,
        rate_key: rate_key.or_else(|| key.clone()),
        key,
        is_paid,
    };
    Ok(found.into_iter().map(candidate).collect())
}

/// Rows that another transaction holds are none of ours.
pub(super) fn for_update(tx: &Tx<'_>) -> &'static str {
    match tx.engine() {
        Engine::Sqlite => "",
        Engine::Postgres => " FOR UPDATE SKIP LOCKED",
    }
}

/// Those that wait behind another of their key, and those of which that cannot be told just now.
///
/// A job goes to wait behind another one only while that one's row is locked: whoever ends that one then looks
/// for who waits behind it when this is committed, and finds the job.
async fn blocked(
    tx: &mut Tx<'_>,
    candidates: &[Candidate],
) -> Result<(HashSet<JobId>, HashSet<JobId>), Error> {
    let keyed: Vec<JobId> = candidates.iter().filter(|job| job.key.is_some()).map(|job| job.id).collect();
    let found: Vec<(JobId, Option<JobId>)> = tx
        .query(
            "SELECT c.id, COALESCE(\
             (SELECT b.id FROM jobs b WHERE b.queue = c.queue AND b.key = c.key AND b.is_holding AND b.id <> c.id), \
             (SELECT b.id FROM jobs b WHERE b.queue = c.queue AND b.key = c.key AND b.stage < 3 \
              AND b.stage <> 1 AND b.seq < c.seq AND NOT c.is_holding ORDER BY b.seq LIMIT 1)) \
             FROM jobs c WHERE ",
        )
        .push_ids("c.id", &keyed)
        .fetch_all()
        .await?;
    let behind: HashMap<JobId, JobId> =
        found.into_iter().filter_map(|(job, other)| Some((job, other?))).collect();
    let mut others: Vec<JobId> = behind.values().copied().collect();
    others.sort_unstable();
    others.dedup();
    if others.is_empty() {
        return Ok(Default::default());
    }
    let lock = match tx.engine() {
        Engine::Sqlite => "",
        Engine::Postgres => " FOR SHARE SKIP LOCKED",
    };
    let locked: Vec<JobId> = tx
        .query("SELECT id FROM jobs WHERE stage < 3 AND (is_holding OR stage <> 1) AND ")
        .push_ids("id", &others)
        .push(lock)
        .fetch_all_scalars()
        .await?;
    let locked: HashSet<JobId> = locked.into_iter().collect();
    let (blocked, unclear): (Vec<_>, Vec<_>) =
        behind.into_iter().partition(|(_, other)| locked.contains(other));
    let jobs = |pairs: Vec<(JobId, JobId)>| pairs.into_iter().map(|(job, _)| job).collect();
    Ok((jobs(blocked), jobs(unclear)))
}

async fn move_to(tx: &mut Tx<'_>, stage: i16, jobs: &HashSet<JobId>) -> Result<bool, Error> {
    if jobs.is_empty() {
        return Ok(false);
    }
    let jobs: Vec<JobId> = jobs.iter().copied().collect();
    tx.query("UPDATE jobs SET stage = $1 WHERE ").bind(stage).push_ids("id", &jobs).execute().await?;
    Ok(true)
}

async fn postpone(tx: &mut Tx<'_>, job: JobId, at: Timestamp) -> Result<(), Error> {
    // It keeps its place among those of its key, as one does that waits for another attempt.
    tx.query(
        "UPDATE jobs SET stage = $2, run_at = $3, is_paid = TRUE, is_holding = key IS NOT NULL WHERE id = $1",
    )
    .bind(job)
    .bind(SCHEDULED)
    .bind(at)
    .execute()
    .await?;
    Ok(())
}

async fn mark(tx: &mut Tx<'_>, ask: &Ask<'_>, ids: &[JobId]) -> Result<Vec<Claimed>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let taken: Vec<ClaimedRow> = tx
        .query(
            "UPDATE jobs SET node = $1, claimed_at = $2, fence = fence + 1, is_holding = key IS NOT NULL, \
             is_paid = FALSE, progress = NULL WHERE stage = 0 AND node IS NULL AND ",
        )
        .bind(ask.node)
        .bind(ask.now)
        .push_ids("id", ids)
        .push(
            " RETURNING id, fence, kind, payload, priority, seq, key, unique_key, is_open_only, failures, \
             max_attempts, timeout_ms, created_at, run_at, errors, correlation",
        )
        .fetch_all()
        .await?;
    Ok(claimed(taken, ask.queue))
}

/// Jobs that were taken, in the order of their queue.
fn claimed(taken: Vec<ClaimedRow>, queue: &str) -> Vec<Claimed> {
    let mut jobs: Vec<Claimed> = taken.into_iter().map(|row| row.of_queue(queue)).collect();
    jobs.sort_unstable_by_key(|job| (std::cmp::Reverse(job.priority), job.place));
    jobs
}

impl SqlJobs {
    pub(super) async fn wake_due(&self, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        loop {
            let next: Option<Timestamp> = self
                .db()
                .query("SELECT run_at FROM jobs WHERE stage = 1 ORDER BY run_at LIMIT 1")
                .fetch_optional_scalar()
                .await?;
            if next.is_none_or(|next| next > now) {
                return Ok(next);
            }
            let woken = self.db().transaction(async |tx| wake(tx, now).await).await?;
            if woken == 0 {
                // Others are at it.
                return Ok(next);
            }
        }
    }
}

async fn wake(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize, Error> {
    let lock = for_update(tx);
    let due: Vec<JobId> = tx
        .query("SELECT id FROM jobs WHERE stage = 1 AND run_at <= $1 ORDER BY run_at LIMIT 500")
        .bind(now)
        .push(lock)
        .fetch_all_scalars()
        .await?;
    if !due.is_empty() {
        tx.query("UPDATE jobs SET stage = $1 WHERE ").bind(READY).push_ids("id", &due).execute().await?;
    }
    Ok(due.len())
}
