//! Which nodes are alive, and what becomes of the jobs of those that are not.

use uuid::Uuid;

use crate::Timestamp;
use crate::db::{Engine, Json, Tx};
use crate::jobs::lapse::{Lapse, on_lapse};
use crate::jobs::{Attempt, Error, JobId, NodeBeat, View};

use super::SqlJobs;
use super::claim::for_update;
use super::end::{self, Ended};
use super::row::{CANCELLED, DEAD, SCHEDULED};

/// How many jobs of a node are freed in one transaction.
const AT_ONCE: i64 = 256;

type Lapsed =
    (JobId, String, String, Option<String>, Option<String>, i32, i32, Option<Json<Vec<Attempt>>>, bool);

impl SqlJobs {
    pub(super) async fn add_node(&self, node: Uuid) -> Result<(), Error> {
        self.db().query("INSERT INTO jobs_nodes (id) VALUES ($1)").bind(node).execute().await?;
        Ok(())
    }

    pub(super) async fn count_beat(&self, node: Uuid, running: &[JobId]) -> Result<View, Error> {
        let beaten = self
            .db()
            .query("UPDATE jobs_nodes SET beat = beat + 1 WHERE id = $1 AND is_alive")
            .bind(node)
            .execute()
            .await?;
        let nodes: Vec<(Uuid, i64, bool)> =
            self.db().query("SELECT id, beat, is_alive FROM jobs_nodes").fetch_all().await?;
        let mut view = View { is_alive: beaten == 1, ..View::default() };
        for (node, beat, is_alive) in nodes {
            if is_alive {
                view.nodes.push(NodeBeat { node, beat });
            } else {
                view.silent.push(node);
            }
        }
        for running in running.chunks(512) {
            let query = self.db().query("SELECT id FROM jobs WHERE is_cancelling AND ");
            view.cancelling.extend(query.push_ids("id", running).fetch_all_scalars::<JobId>().await?);
        }
        Ok(view)
    }

    pub(super) async fn bury_node(
        &self,
        silent: Uuid,
        beat: Option<i64>,
        now: Timestamp,
    ) -> Result<u64, Error> {
        // From here on it gets no more jobs: who gives it some holds its row meanwhile.
        let mut query = self.db().query("UPDATE jobs_nodes SET is_alive = FALSE WHERE is_alive AND id = $1");
        query = query.bind(silent);
        let stopped = match beat {
            Some(beat) => query.push(" AND beat = ").push_bind(beat).execute().await?,
            None => 0,
        };
        if stopped == 0 && !self.is_silent(silent).await? {
            return Ok(0);
        }
        self.free_jobs_of(silent, true, now).await
    }

    pub(super) async fn remove_node(&self, node: Uuid, now: Timestamp) -> Result<(), Error> {
        self.db().query("UPDATE jobs_nodes SET is_alive = FALSE WHERE id = $1").bind(node).execute().await?;
        self.free_jobs_of(node, false, now).await?;
        Ok(())
    }

    async fn is_silent(&self, node: Uuid) -> Result<bool, Error> {
        let is_alive: Option<bool> = self
            .db()
            .query("SELECT is_alive FROM jobs_nodes WHERE id = $1")
            .bind(node)
            .fetch_optional_scalar()
            .await?;
        Ok(is_alive == Some(false))
    }

    async fn free_jobs_of(&self, node: Uuid, counts: bool, now: Timestamp) -> Result<u64, Error> {
        let mut freed = 0;
        // What a claim took that was on its way is seen in the second round. What a transaction of the node's still
        // holds then is freed later.
        for _ in 0..2 {
            loop {
                let some =
                    self.db().transaction(async |tx| self.free_some(tx, node, counts, now).await).await?;
                freed += some;
                if some == 0 {
                    break;
                }
            }
            if self.db().transaction(async |tx| forget(tx, node).await).await? {
                break;
            }
        }
        Ok(freed)
    }

    async fn free_some(
        &self,
        tx: &mut Tx<'_>,
        node: Uuid,
        counts: bool,
        now: Timestamp,
    ) -> Result<u64, Error> {
        super::settle::end_if_stopped(tx).await?;
        let lock = for_update(tx);
        let jobs: Vec<Lapsed> = tx
            .query(
                "SELECT id, queue, kind, key, unique_key, lapses, failures, errors, is_cancelling FROM jobs \
                 WHERE stage = 0 AND node = $1 LIMIT $2",
            )
            .bind(node)
            .bind(AT_ONCE)
            .push(lock)
            .fetch_all()
            .await?;
        let mut at_once = Vec::new();
        for (id, queue, kind, key, unique_key, lapses, failures, errors, is_cancelling) in &jobs {
            let lapses = lapses.saturating_add(i32::from(counts));
            let failures = u32::try_from(*failures).unwrap_or(0);
            let errors = errors.as_ref().map(|errors| errors.0.clone()).unwrap_or_default();
            let lapse =
                on_lapse(u32::try_from(lapses).unwrap_or(0), failures, errors, *is_cancelling, counts, now);
            let ended =
                Ended { id: *id, queue, kind, key: key.as_deref(), unique_key: unique_key.as_deref() };
            match lapse {
                Lapse::Ready => at_once.push(*id),
                Lapse::Later(at) => {
                    tx.query("UPDATE jobs SET stage = $2, run_at = $3 WHERE id = $1")
                        .bind(*id)
                        .bind(SCHEDULED)
                        .bind(at)
                        .execute()
                        .await?;
                    at_once.push(*id);
                }
                Lapse::Dead(errors) => {
                    end::end(tx, *id, DEAD, Some(&errors), now).await?;
                    self.free(tx, &[ended]).await?;
                }
                Lapse::Cancelled => {
                    end::end(tx, *id, CANCELLED, None, now).await?;
                    self.free(tx, &[ended]).await?;
                }
            }
        }
        if !at_once.is_empty() {
            tx.query(
                "UPDATE jobs SET node = NULL, claimed_at = NULL, fence = fence + 1, lapses = lapses + $1 WHERE ",
            )
            .bind(i32::from(counts))
            .push_ids("id", &at_once)
            .execute()
            .await?;
            self.tell(tx).await?;
        }
        Ok(u64::try_from(jobs.len()).unwrap_or(u64::MAX))
    }
}

/// Forgets a silent node that has no jobs, and tells whether it is forgotten.
async fn forget(tx: &mut Tx<'_>, node: Uuid) -> Result<bool, Error> {
    let lock = match tx.engine() {
        Engine::Sqlite => "",
        // A claim that began while the node counted as alive is waited for here. The statement after this one sees
        // what it took; this one would not, and the job would stay with a node that nobody knows.
        Engine::Postgres => " FOR UPDATE",
    };
    let silent: Option<Uuid> = tx
        .query("SELECT id FROM jobs_nodes WHERE id = $1 AND NOT is_alive")
        .bind(node)
        .push(lock)
        .fetch_optional_scalar()
        .await?;
    if silent.is_none() {
        return Ok(true);
    }
    let deleted = tx
        .query("DELETE FROM jobs_nodes WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM jobs WHERE stage = 0 AND node = $1)")
        .bind(node)
        .execute()
        .await?;
    Ok(deleted > 0)
}
