//! Events that were set aside.

use crate::Timestamp;
use crate::db::Tx;
use crate::events::state::Poisoned;
use crate::events::{Error, EventId};

use super::SqlEvents;
use super::fetch::{parse, rows};

#[derive(sqlx::FromRow)]
struct Row {
    position: i64,
    event_id: EventId,
    attempts: i32,
    error: String,
    failed_at: Timestamp,
    body: Option<String>,
}

impl From<Row> for Poisoned {
    fn from(row: Row) -> Self {
        Self {
            position: row.position,
            id: row.event_id,
            attempts: u32::try_from(row.attempts).unwrap_or(0),
            error: row.error,
            failed_at: row.failed_at,
            event: parse(row.body.as_deref()),
        }
    }
}

impl SqlEvents {
    pub(super) async fn list_poisoned(
        &self,
        subscriber: &str,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<Poisoned>, Error> {
        let found: Vec<Row> = self
            .db()
            .query(
                "SELECT p.position, p.event_id, p.attempts, p.error, p.failed_at, l.body FROM events_poisoned p \
                 LEFT JOIN events_log l ON l.position = p.position \
                 WHERE p.subscriber = $1 AND p.position > $2 ORDER BY p.position LIMIT $3",
            )
            .bind(subscriber)
            .bind(after.unwrap_or(0))
            .bind(rows(limit))
            .fetch_all()
            .await?;
        Ok(found.into_iter().map(Poisoned::from).collect())
    }

    pub(super) async fn read_poisoned(
        &self,
        subscriber: &str,
        id: EventId,
    ) -> Result<Option<Poisoned>, Error> {
        let found: Option<Row> = self
            .db()
            .query(
                "SELECT p.position, p.event_id, p.attempts, p.error, p.failed_at, l.body FROM events_poisoned p \
                 LEFT JOIN events_log l ON l.position = p.position \
                 WHERE p.subscriber = $1 AND p.event_id = $2",
            )
            .bind(subscriber)
            .bind(id)
            .fetch_optional()
            .await?;
        Ok(found.map(Poisoned::from))
    }

    pub(super) async fn try_again(
        &self,
        subscriber: &str,
        id: EventId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let found = self
            .db()
            .transaction(async |tx| {
                let Some((position, lane, key)) = take(tx, subscriber, id).await? else {
                    return Ok::<_, Error>(false);
                };
                // Behind an earlier one of its key it waits for that.
                tx.query(
                    "INSERT INTO events_waiting (subscriber, lane, position, event_id, key, attempt, due_at) \
                     SELECT $1, $2, $3, $4, $5, 0, CASE WHEN EXISTS (SELECT 1 FROM events_waiting \
                     WHERE subscriber = $1 AND lane = $2 AND key = $5 AND position < $3) THEN NULL ELSE $6 END",
                )
                .bind(subscriber)
                .bind(lane)
                .bind(position)
                .bind(id)
                .bind(key)
                .bind(now)
                .execute()
                .await?;
                Ok(true)
            })
            .await?;
        Ok(found)
    }

    pub(super) async fn drop_poisoned(&self, subscriber: &str, id: EventId) -> Result<bool, Error> {
        self.db().transaction(async |tx| Ok(take(tx, subscriber, id).await?.is_some())).await
    }
}

async fn take(tx: &mut Tx<'_>, subscriber: &str, id: EventId) -> Result<Option<(i64, i16, String)>, Error> {
    Ok(tx
        .query(
            "DELETE FROM events_poisoned WHERE subscriber = $1 AND event_id = $2 RETURNING position, lane, key",
        )
        .bind(subscriber)
        .bind(id)
        .fetch_optional()
        .await?)
}
