//! Reads what is to be handled.

use std::collections::HashSet;

use crate::Timestamp;
use crate::events::cloud::CloudEvent;
use crate::events::work::{Claim, Due, Work};
use crate::events::{Envelope, Error, EventId};

use super::SqlEvents;

impl SqlEvents {
    pub(super) async fn read(
        &self,
        claim: &Claim,
        names: Option<&[&'static str]>,
        after: i64,
        to: i64,
        limit: usize,
    ) -> Result<Vec<Work>, Error> {
        let mut query = self
            .db()
            .query(
                "SELECT position, id, key, body FROM events_log \
                 WHERE lane = $1 AND position > $2 AND position <= $3",
            )
            .bind(claim.lane)
            .bind(after)
            .bind(to);
        if let Some(names) = names {
            query = query.push(" AND ").push_in("name", names);
        }
        let rows: Vec<(i64, EventId, String, String)> =
            query.push(" ORDER BY position LIMIT ").push_bind(rows(limit)).fetch_all().await?;
        Ok(rows
            .into_iter()
            .map(|(position, id, key, body)| Work {
                position,
                id,
                key,
                attempt: 0,
                event: parse(Some(&body)),
            })
            .collect())
    }

    pub(super) async fn read_due(&self, claim: &Claim, now: Timestamp, limit: usize) -> Result<Due, Error> {
        let heads: Vec<(String, Timestamp)> = self
            .db()
            .query(
                "SELECT key, due_at FROM events_waiting \
                 WHERE subscriber = $1 AND lane = $2 AND due_at IS NOT NULL ORDER BY due_at LIMIT $3",
            )
            .bind(&*claim.subscriber)
            .bind(claim.lane)
            .bind(rows(limit))
            .fetch_all()
            .await?;
        let mut due = Due { next: heads.iter().map(|(_, at)| *at).find(|at| *at > now), ..Due::default() };
        let keys: Vec<&str> =
            heads.iter().filter(|(_, at)| *at <= now).map(|(key, _)| key.as_str()).collect();
        if keys.is_empty() {
            return Ok(due);
        }
        // Those behind a key's first come along, so that a key which recovers catches up in batches.
        let found: Vec<Waiting> = self
            .db()
            .query(
                "SELECT w.position, w.event_id, w.key, w.attempt, w.due_at, l.body FROM events_waiting w \
                 LEFT JOIN events_log l ON l.position = w.position WHERE w.subscriber = $1 AND w.lane = $2 AND ",
            )
            .bind(&*claim.subscriber)
            .bind(claim.lane)
            .push_in("w.key", &keys)
            .push(" ORDER BY w.position LIMIT ")
            .push_bind(rows(limit))
            .fetch_all()
            .await?;
        let mut closed = HashSet::new();
        for row in found {
            if closed.contains(&row.key) {
                continue;
            }
            if let Some(at) = row.due_at.filter(|at| *at > now) {
                due.next = Some(due.next.map_or(at, |next| next.min(at)));
                closed.insert(row.key);
                continue;
            }
            due.work.push(Work {
                position: row.position,
                id: row.event_id,
                key: row.key,
                attempt: u32::try_from(row.attempt).unwrap_or(0),
                event: parse(row.body.as_deref()),
            });
        }
        Ok(due)
    }
}

#[derive(sqlx::FromRow)]
struct Waiting {
    position: i64,
    event_id: EventId,
    key: String,
    attempt: i32,
    due_at: Option<Timestamp>,
    body: Option<String>,
}

/// A limit as both engines take it.
pub(super) fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

pub(super) fn parse(body: Option<&str>) -> Result<Envelope, String> {
    let body = body.ok_or("the event was deleted from the log")?;
    let event = CloudEvent::from_json(body).and_then(Envelope::try_from);
    event.map_err(|error| error.to_string())
}
