//! Reads jobs.

use crate::Timestamp;
use crate::jobs::{Count, Error, JobFilter, JobId, JobView, QueueAge};

use super::SqlJobs;
use super::row::{ViewRow, rows, stage_of, state_of};

const SELECT: &str = "SELECT id, queue, kind, stage, node IS NOT NULL AS has_node, priority, key, unique_key, \
     failures, max_attempts, created_at, run_at, claimed_at, finished_at, progress, is_cancelling, errors, \
     payload, correlation FROM jobs WHERE ";

impl SqlJobs {
    pub(super) async fn read_one(&self, id: JobId) -> Result<Option<JobView>, Error> {
        let row: Option<ViewRow> =
            self.db().query(SELECT).push("id = ").push_bind(id).fetch_optional().await?;
        Ok(row.map(JobView::from))
    }

    pub(super) async fn read_list(
        &self,
        filter: &JobFilter,
        before: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<JobView>, Error> {
        let mut query = self.db().query(SELECT).push("1 = 1");
        if let Some(queue) = &filter.queue {
            query = query.push(" AND queue = ").push_bind(queue.as_str());
        }
        if let Some(kind) = &filter.kind {
            query = query.push(" AND kind = ").push_bind(kind.as_str());
        }
        if let Some((stage, has_node)) = filter.state.map(stage_of) {
            query = query.push(" AND stage = ").push_bind(stage);
            query = match has_node {
                Some(true) => query.push(" AND node IS NOT NULL"),
                Some(false) => query.push(" AND node IS NULL"),
                None => query,
            };
        }
        if let Some(before) = before {
            query = query.push(" AND id < ").push_bind(before);
        }
        let found: Vec<ViewRow> =
            query.push(" ORDER BY id DESC LIMIT ").push_bind(rows(limit)).fetch_all().await?;
        Ok(found.into_iter().map(JobView::from).collect())
    }

    pub(super) async fn count_all(&self) -> Result<Vec<Count>, Error> {
        let counts: Vec<(String, i16, bool, i64)> = self
            .db()
            .query(
                "SELECT queue, stage, node IS NOT NULL, COUNT(*) FROM jobs \
                 GROUP BY queue, stage, node IS NOT NULL",
            )
            .fetch_all()
            .await?;
        let count = |(queue, stage, has_node, jobs): (String, i16, bool, i64)| Count {
            queue,
            state: state_of(stage, has_node),
            jobs: u64::try_from(jobs).unwrap_or(0),
        };
        let mut counts: Vec<Count> = counts.into_iter().map(count).collect();
        counts.sort_unstable();
        Ok(counts)
    }

    pub(super) async fn oldest_ready(&self) -> Result<Vec<QueueAge>, Error> {
        let ages: Vec<(String, Timestamp)> = self
            .db()
            .query(
                "SELECT queue, MIN(run_at) FROM jobs WHERE stage = 0 AND node IS NULL \
                 GROUP BY queue ORDER BY queue",
            )
            .fetch_all()
            .await?;
        Ok(ages.into_iter().map(|(queue, since)| QueueAge { queue, since }).collect())
    }
}
