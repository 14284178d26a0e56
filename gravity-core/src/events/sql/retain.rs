//! Deletes what need not be kept.

use crate::Timestamp;
use crate::events::{Error, EventId, Retention};

use super::SqlEvents;

/// How many events are deleted in one transaction.
const ROWS: i64 = 1_000;

impl SqlEvents {
    pub(super) async fn delete_old(&self, retention: Retention, now: Timestamp) -> Result<u64, Error> {
        let passed_before = now.saturating_sub(retention.passed);
        let passed: Vec<(i16, i64)> =
            self.db().query("SELECT lane, MIN(position) FROM events_lanes GROUP BY lane").fetch_all().await?;
        let mut deleted = 0;
        for &(lane, position) in &passed {
            deleted += self.delete_passed(lane, position, passed_before).await?;
        }
        if let Some(any) = retention.any
            && !passed.is_empty()
        {
            deleted += self.delete_before(now.saturating_sub(any)).await?;
        }
        Ok(deleted)
    }

    async fn delete_passed(&self, lane: i16, position: i64, before: Timestamp) -> Result<u64, Error> {
        let mut from = 0;
        let mut deleted = 0;
        loop {
            let found: Vec<(i64, EventId)> = self
                .db()
                .query(
                    "SELECT l.position, l.id FROM events_log l \
                     WHERE l.lane = $1 AND l.position > $2 AND l.position <= $3 AND l.recorded_at < $4 \
                     AND NOT EXISTS (SELECT 1 FROM events_waiting w WHERE w.position = l.position) \
                     AND NOT EXISTS (SELECT 1 FROM events_poisoned p WHERE p.position = l.position) \
                     ORDER BY l.position LIMIT $5",
                )
                .bind(lane)
                .bind(from)
                .bind(position)
                .bind(before)
                .bind(ROWS)
                .fetch_all()
                .await?;
            let Some(&(last, _)) = found.last() else {
                return Ok(deleted);
            };
            from = last;
            deleted += self.delete_rows(&found).await?;
        }
    }

    async fn delete_before(&self, before: Timestamp) -> Result<u64, Error> {
        let mut deleted = 0;
        loop {
            let found: Vec<(i64, EventId)> = self
                .db()
                .query("SELECT position, id FROM events_log WHERE position IS NOT NULL AND recorded_at < $1 LIMIT $2")
                .bind(before)
                .bind(ROWS)
                .fetch_all()
                .await?;
            if found.is_empty() {
                return Ok(deleted);
            }
            deleted += self.delete_rows(&found).await?;
        }
    }

    async fn delete_rows(&self, rows: &[(i64, EventId)]) -> Result<u64, Error> {
        let positions: Vec<i64> = rows.iter().map(|(position, _)| *position).collect();
        let ids: Vec<EventId> = rows.iter().map(|(_, id)| *id).collect();
        self.db()
            .transaction(async |tx| {
                for sql in ["DELETE FROM events_waiting WHERE ", "DELETE FROM events_poisoned WHERE "] {
                    tx.query(sql).push_in("position", &positions).execute().await?;
                }
                tx.query("DELETE FROM events_inbox WHERE ").push_in("event_id", &ids).execute().await?;
                Ok(tx
                    .query("DELETE FROM events_log WHERE ")
                    .push_in("position", &positions)
                    .execute()
                    .await?)
            })
            .await
    }
}
