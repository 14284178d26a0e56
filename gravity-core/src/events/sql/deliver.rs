//! Handles a batch in one transaction.

use std::collections::HashSet;

use crate::db::Tx;
use crate::events::work::{Batch, Origin, Settlement};
use crate::events::{Deliver, Error, EventId, Round};

use super::SqlEvents;

impl SqlEvents {
    pub(super) async fn handle(&self, batch: Batch<'_>, to: &dyn Deliver<Self>) -> Result<Settlement, Error> {
        self.db()
            .transaction(async |tx| {
                check_claim(tx, &batch).await?;
                let known = known(tx, &batch).await?;
                let blocked = blocked(tx, &batch).await?;
                let mut round = Round::new(batch, known, blocked);
                while let Some(work) = round.next() {
                    let result = tx.savepoint(async |tx| to.deliver(work, tx).await).await;
                    round.record(work, result);
                }
                let settlement = round.finish();
                super::settle::write(tx, &batch, &settlement).await?;
                Ok(settlement)
            })
            .await
    }
}

/// Keeps a node whose lease ended from running handlers in vain. What decides is the same question when the
/// batch is settled.
async fn check_claim(tx: &mut Tx<'_>, batch: &Batch<'_>) -> Result<(), Error> {
    let found: Option<(i64, bool)> = tx
        .query(
            "SELECT l.fence, s.is_paused FROM events_lanes l JOIN events_subscribers s ON s.name = l.subscriber \
             WHERE l.subscriber = $1 AND l.lane = $2",
        )
        .bind(&*batch.claim.subscriber)
        .bind(batch.claim.lane)
        .fetch_optional()
        .await?;
    match found {
        None => Err(Error::UnknownSubscriber),
        Some((fence, _)) if fence != batch.claim.fence => Err(Error::Fenced),
        Some((_, true)) => Err(Error::Paused),
        Some((_, false)) => Ok(()),
    }
}

async fn known(tx: &mut Tx<'_>, batch: &Batch<'_>) -> Result<HashSet<EventId>, Error> {
    let ids: Vec<EventId> = batch.work.iter().map(|work| work.id).collect();
    let known = tx
        .query("SELECT event_id FROM events_inbox WHERE subscriber = $1 AND ")
        .bind(&*batch.claim.subscriber)
        .push_in("event_id", &ids)
        .fetch_all_scalars()
        .await?;
    Ok(known.into_iter().collect())
}

async fn blocked(tx: &mut Tx<'_>, batch: &Batch<'_>) -> Result<HashSet<String>, Error> {
    if batch.origin == Origin::Retries || !batch.may_wait {
        return Ok(HashSet::new());
    }
    let keys: Vec<&str> = batch.work.iter().map(|work| work.key.as_str()).collect();
    let blocked = tx
        .query("SELECT DISTINCT key FROM events_waiting WHERE subscriber = $1 AND lane = $2 AND ")
        .bind(&*batch.claim.subscriber)
        .bind(batch.claim.lane)
        .push_in("key", &keys)
        .fetch_all_scalars()
        .await?;
    Ok(blocked.into_iter().collect())
}
