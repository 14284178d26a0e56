//! Looks for recorded events.

use crate::events::lane::lane_of;
use crate::events::{Error, Found, Search};

use super::SqlEvents;
use super::fetch::{parse, rows};

impl SqlEvents {
    pub(super) async fn look_for(&self, search: &Search, limit: usize) -> Result<Vec<Found>, Error> {
        let before = search.before.unwrap_or(i64::MAX);
        let mut query =
            self.db().query("SELECT position, body FROM events_log WHERE position < $1").bind(before);
        if let Some(subject) = &search.subject {
            // The lane is what the log has an index of.
            query =
                query.push(" AND lane = ").push_bind(lane_of(subject)).push(" AND key = ").push_bind(subject);
        }
        if let Some(name) = &search.name {
            query = query.push(" AND name = ").push_bind(name);
        }
        if let Some(from) = search.from {
            query = query.push(" AND recorded_at >= ").push_bind(from);
        }
        if let Some(until) = search.until {
            query = query.push(" AND recorded_at < ").push_bind(until);
        }
        let found: Vec<(i64, String)> =
            query.push(" ORDER BY position DESC LIMIT ").push_bind(rows(limit)).fetch_all().await?;
        Ok(found.into_iter().map(|(position, body)| Found { position, event: parse(Some(&body)) }).collect())
    }
}
