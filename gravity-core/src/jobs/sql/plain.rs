//! Takes jobs in one statement, where nothing asks for more than their order.

use crate::db::{Engine, Tx};
use crate::jobs::{Ask, Claimed, Error, JobId};

use super::SqlJobs;
use super::claim::{begin, claimed};
use super::heads::Place;
use super::row::{ClaimedRow, rows};

/// Whether jobs can be taken so, unless they have keys.
pub(super) fn may_take(engine: Engine, ask: &Ask<'_>) -> bool {
    engine == Engine::Postgres && ask.rate.is_none() && ask.key_rate.is_none()
}

/// Takes jobs in one statement, if none of those at the head of the queue, or next behind a place in it, has a key. Rows
/// do not move while they are locked, so they are found by where they lie: for a join the whole table may be read.
pub(super) async fn take(
    tx: &mut Tx<'_>,
    ask: &Ask<'_>,
    after: Option<Place>,
) -> Result<Vec<Claimed>, Error> {
    let head = "WITH head AS MATERIALIZED (SELECT ctid AS place, key FROM jobs WHERE stage = 0 AND node IS NULL \
                AND queue = ";
    let mut query = tx.query(head).push_bind(ask.queue);
    if let Some(after) = after {
        query =
            query.push(" AND priority = ").push_bind(after.priority).push(" AND seq > ").push_bind(after.seq);
    }
    let taken: Vec<ClaimedRow> = query
        .push(" ORDER BY priority DESC, seq LIMIT ")
        .push_bind(rows(ask.limit))
        .push(" FOR UPDATE SKIP LOCKED) UPDATE jobs SET node = ")
        .push_bind(ask.node)
        .push(", claimed_at = ")
        .push_bind(ask.now)
        .push(
            ", fence = fence + 1, is_paid = FALSE, progress = NULL \
             WHERE ctid = ANY (ARRAY(SELECT place FROM head)) \
             AND NOT EXISTS (SELECT 1 FROM head WHERE key IS NOT NULL) \
             RETURNING id, fence, kind, payload, priority, seq, key, unique_key, is_open_only, failures, \
             max_attempts, timeout_ms, created_at, run_at, errors, correlation",
        )
        .fetch_all()
        .await?;
    Ok(claimed(taken, ask.queue))
}

impl SqlJobs {
    /// Takes jobs behind a place, of the same priority; none if that takes more than one statement.
    pub(super) async fn take_behind(
        &self,
        ask: &Ask<'_>,
        after: Place,
        is_busy: bool,
    ) -> Result<Vec<Claimed>, Error> {
        if !may_take(self.db().engine(), ask) {
            return Ok(Vec::new());
        }
        let is_there = is_busy || self.has_ready(ask.queue, Some(after)).await?;
        let jobs = if is_there {
            let taken = self.db().transaction(async |tx| {
                if begin(tx, ask).await? { take(tx, ask, Some(after)).await } else { Ok(Vec::new()) }
            });
            taken.await?
        } else {
            Vec::new()
        };
        self.0.heads.found_behind(ask.queue, &jobs);
        Ok(jobs)
    }

    /// Whether a job of the queue is ready, anywhere or behind a place.
    pub(super) async fn has_ready(&self, queue: &str, after: Option<Place>) -> Result<bool, Error> {
        let jobs = "SELECT id FROM jobs WHERE stage = 0 AND node IS NULL AND queue = ";
        let mut query = self.db().query(jobs).push_bind(queue);
        if let Some(after) = after {
            query = query
                .push(" AND priority = ")
                .push_bind(after.priority)
                .push(" AND seq > ")
                .push_bind(after.seq);
        }
        let first: Option<JobId> =
            query.push(" ORDER BY priority DESC, seq LIMIT 1").fetch_optional_scalar().await?;
        Ok(first.is_some())
    }
}
