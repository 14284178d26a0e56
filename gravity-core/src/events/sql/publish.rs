//! Records events.

use std::sync::atomic::Ordering;

use crate::db::{Engine, Tx};
use crate::events::cloud::CloudEvent;
use crate::events::lane::lane_of;
use crate::events::{Envelope, Error};

use super::SqlEvents;

/// The most rows of one statement. Shorter ones have a power of two, so that few statements are prepared.
const MAX_ROWS: usize = 256;

/// A process tells the server no more often than this: the server lets transactions which notify commit one
/// after the other. What it is not told is found by those who ask, and they do so often while events come.
const TELL_EVERY_MICROSECONDS: u64 = 10_000;

impl SqlEvents {
    pub(super) async fn insert(&self, tx: &mut Tx<'_>, events: &[Envelope]) -> Result<(), Error> {
        let mut rest = events;
        while !rest.is_empty() {
            let (rows, later) = rest.split_at(chunk(rest.len()));
            self.insert_rows(tx, rows).await?;
            rest = later;
        }
        if !events.is_empty() {
            self.tell(tx).await?;
        }
        Ok(())
    }

    async fn insert_rows(&self, tx: &mut Tx<'_>, events: &[Envelope]) -> Result<(), Error> {
        let mut query = tx.query("INSERT INTO events_log (id, name, lane, key, recorded_at, body) VALUES ");
        for (at, event) in events.iter().enumerate() {
            let key = event.key();
            let body = serde_json::to_string(&CloudEvent::from(event))
                .map_err(|error| Error::invalid("event", error.to_string()))?;
            query = query
                .push(if at == 0 { "(" } else { ", (" })
                .push_bind(event.id)
                .push(", ")
                .push_bind(event.name.as_str())
                .push(", ")
                .push_bind(lane_of(&key))
                .push(", ")
                .push_bind(key)
                .push(", ")
                .push_bind(event.time)
                .push(", ")
                .push_bind(body)
                .push(")");
        }
        query.push(" ON CONFLICT (id) DO NOTHING").execute().await?;
        Ok(())
    }

    /// Tells those who wait for events, from within the transaction.
    async fn tell(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        if tx.engine() == Engine::Sqlite {
            self.0.has_news.store(true, Ordering::Release);
            self.0.hint.send_replace(());
            return Ok(());
        }
        let now = u64::try_from(self.0.began.elapsed().as_micros()).unwrap_or(u64::MAX).max(1);
        let told_at = self.0.told_at.load(Ordering::Relaxed);
        let is_due = told_at == 0 || now.saturating_sub(told_at) >= TELL_EVERY_MICROSECONDS;
        if is_due
            && self.0.told_at.compare_exchange(told_at, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            tx.query("SELECT pg_notify('gravity_events', '')").execute().await?;
        }
        Ok(())
    }
}

pub(super) fn chunk(rows: usize) -> usize {
    if rows >= MAX_ROWS { MAX_ROWS } else { 1 << rows.max(1).ilog2() }
}
