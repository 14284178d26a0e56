//! Writes how a batch ended.

use crate::Timestamp;
use crate::db::Tx;
use crate::events::work::{Batch, Claim, Failed, Settlement};
use crate::events::{Error, EventId};

use super::publish::chunk;

pub(super) async fn write(tx: &mut Tx<'_>, batch: &Batch<'_>, settlement: &Settlement) -> Result<(), Error> {
    let (claim, now) = (batch.claim, batch.clock.now());
    // First of all, because it locks the lane: whoever takes it waits until this is committed or undone, and
    // whoever has taken it makes this fail.
    hold(tx, claim, settlement.position).await?;
    for ids in chunks(&settlement.handled) {
        note_handled(tx, claim, ids, now).await?;
    }
    if !settlement.cleared.is_empty() {
        tx.query("DELETE FROM events_waiting WHERE subscriber = $1 AND lane = $2 AND ")
            .bind(&*claim.subscriber)
            .bind(claim.lane)
            .push_in("position", &settlement.cleared)
            .execute()
            .await?;
    }
    for rows in chunks(&settlement.waiting) {
        keep_waiting(tx, claim, rows).await?;
    }
    for failed in &settlement.poisoned {
        set_aside(tx, claim, failed, now).await?;
    }
    for key in &settlement.freed {
        let_next_go(tx, claim, key, now).await?;
    }
    Ok(())
}

/// Parts of which each has a power of two, so that few statements are prepared.
fn chunks<T>(mut rest: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (rows, later) = rest.split_at(chunk(rest.len()));
        rest = later;
        Some(rows)
    })
}

async fn hold(tx: &mut Tx<'_>, claim: &Claim, position: Option<i64>) -> Result<(), Error> {
    let held = tx
        .query(
            "UPDATE events_lanes SET position = CASE WHEN position < $4 THEN $4 ELSE position END \
             WHERE subscriber = $1 AND lane = $2 AND fence = $3",
        )
        .bind(&*claim.subscriber)
        .bind(claim.lane)
        .bind(claim.fence)
        .bind(position.unwrap_or(0))
        .execute()
        .await?;
    if held == 1 { Ok(()) } else { Err(Error::Fenced) }
}

async fn note_handled(tx: &mut Tx<'_>, claim: &Claim, ids: &[EventId], now: Timestamp) -> Result<(), Error> {
    let mut query = tx
        .query("INSERT INTO events_inbox (subscriber, handled_at, event_id) VALUES ")
        .bind(&*claim.subscriber)
        .bind(now);
    for (at, id) in ids.iter().enumerate() {
        query = query.push(if at == 0 { "($1, $2, " } else { ", ($1, $2, " }).push_bind(*id).push(")");
    }
    query.execute().await?;
    Ok(())
}

async fn keep_waiting(tx: &mut Tx<'_>, claim: &Claim, rows: &[Failed]) -> Result<(), Error> {
    let mut query = tx
        .query(
            "INSERT INTO events_waiting (subscriber, lane, position, event_id, key, attempt, due_at, error) VALUES ",
        )
        .bind(&*claim.subscriber)
        .bind(claim.lane);
    for (at, failed) in rows.iter().enumerate() {
        query = query
            .push(if at == 0 { "($1, $2, " } else { ", ($1, $2, " })
            .push_bind(failed.position)
            .push(", ")
            .push_bind(failed.id)
            .push(", ")
            .push_bind(failed.key.as_str())
            .push(", ")
            .push_bind(count(failed.attempt))
            .push(", ")
            .push_bind(failed.due)
            .push(", ")
            .push_bind(failed.error.as_deref())
            .push(")");
    }
    query
        .push(
            " ON CONFLICT (subscriber, lane, position) DO UPDATE \
             SET attempt = excluded.attempt, due_at = excluded.due_at, error = excluded.error",
        )
        .execute()
        .await?;
    Ok(())
}

async fn set_aside(tx: &mut Tx<'_>, claim: &Claim, failed: &Failed, now: Timestamp) -> Result<(), Error> {
    tx.query(
        "INSERT INTO events_poisoned (subscriber, position, lane, event_id, key, attempts, error, failed_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&*claim.subscriber)
    .bind(failed.position)
    .bind(claim.lane)
    .bind(failed.id)
    .bind(failed.key.as_str())
    .bind(count(failed.attempt))
    .bind(failed.error.as_deref().unwrap_or_default())
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

async fn let_next_go(tx: &mut Tx<'_>, claim: &Claim, key: &str, now: Timestamp) -> Result<(), Error> {
    tx.query(
        "UPDATE events_waiting SET due_at = $4 WHERE subscriber = $1 AND lane = $2 AND due_at IS NULL \
         AND position = (SELECT MIN(position) FROM events_waiting WHERE subscriber = $1 AND lane = $2 AND key = $3)",
    )
    .bind(&*claim.subscriber)
    .bind(claim.lane)
    .bind(key)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

pub(super) fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
