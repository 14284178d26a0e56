//! Who is known, and how they are doing.

use std::collections::HashMap;

use crate::events::lane::LANES;
use crate::events::state::SubscriberState;
use crate::events::{Error, Start};

use super::SqlEvents;

impl SqlEvents {
    pub(super) async fn add_subscriber(&self, subscriber: &str, start: Start) -> Result<(), Error> {
        // What is committed by now lies before `Start::Now`.
        let head = self.head().await?;
        let position = if start == Start::Now { head } else { 0 };
        self.db()
            .transaction(async |tx| {
                let added = tx
                    .query("INSERT INTO events_subscribers (name) VALUES ($1) ON CONFLICT (name) DO NOTHING")
                    .bind(subscriber)
                    .execute()
                    .await?;
                if added == 0 {
                    return Ok(());
                }
                for lane in 0..LANES {
                    tx.query("INSERT INTO events_lanes (subscriber, lane, position) VALUES ($1, $2, $3)")
                        .bind(subscriber)
                        .bind(lane)
                        .bind(position)
                        .execute()
                        .await?;
                }
                Ok(())
            })
            .await
    }

    pub(super) async fn remove_subscriber(&self, subscriber: &str) -> Result<bool, Error> {
        self.db()
            .transaction(async |tx| {
                let removed = tx
                    .query("DELETE FROM events_subscribers WHERE name = $1")
                    .bind(subscriber)
                    .execute()
                    .await?;
                tx.query("DELETE FROM events_inbox WHERE subscriber = $1").bind(subscriber).execute().await?;
                Ok(removed == 1)
            })
            .await
    }

    pub(super) async fn pause(&self, subscriber: &str, is_paused: bool) -> Result<(), Error> {
        let changed = self
            .db()
            .query("UPDATE events_subscribers SET is_paused = $2 WHERE name = $1")
            .bind(subscriber)
            .bind(is_paused)
            .execute()
            .await?;
        if changed == 1 { Ok(()) } else { Err(Error::UnknownSubscriber) }
    }

    pub(super) async fn states(&self) -> Result<Vec<SubscriberState>, Error> {
        let names: Vec<(String, bool)> = self
            .db()
            .query("SELECT name, is_paused FROM events_subscribers ORDER BY name")
            .fetch_all()
            .await?;
        let pending = self
            .counts(
                "SELECT n.subscriber, COUNT(*) FROM events_lanes n \
                 JOIN events_log l ON l.lane = n.lane AND l.position > n.position GROUP BY n.subscriber",
            )
            .await?;
        let waiting =
            self.counts("SELECT subscriber, COUNT(*) FROM events_waiting GROUP BY subscriber").await?;
        let poisoned =
            self.counts("SELECT subscriber, COUNT(*) FROM events_poisoned GROUP BY subscriber").await?;
        let lanes = self.lanes(None).await?;
        let of = |counts: &HashMap<String, u64>, name: &str| counts.get(name).copied().unwrap_or(0);
        Ok(names
            .into_iter()
            .map(|(name, is_paused)| SubscriberState {
                is_paused,
                pending: of(&pending, &name),
                waiting: of(&waiting, &name),
                poisoned: of(&poisoned, &name),
                lanes: lanes.iter().filter(|lane| *lane.subscriber == *name).cloned().collect(),
                name,
            })
            .collect())
    }

    async fn counts(&self, sql: &'static str) -> Result<HashMap<String, u64>, Error> {
        let rows: Vec<(String, i64)> = self.db().query(sql).fetch_all().await?;
        Ok(rows.into_iter().map(|(name, count)| (name, u64::try_from(count).unwrap_or(0))).collect())
    }
}
