//! How far the log reaches, and what makes a node look.

use std::sync::atomic::Ordering;

use crate::db::{self, Engine, ErrorKind};
use crate::events::Error;

use super::SqlEvents;

/// The highest position that was ever given out, which outlives the rows.
const SQLITE_HEAD: &str = "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'events_log'), 0)";

impl SqlEvents {
    pub(super) async fn head(&self) -> Result<i64, Error> {
        if self.db().engine() == Engine::Postgres {
            return Ok(self.db().query("SELECT events_advance()").fetch_scalar().await?);
        }
        // Who records events says so before committing. A transaction that writes queues behind that one, and
        // so sees them at once.
        if self.0.has_news.swap(false, Ordering::AcqRel) {
            let head = self.db().transaction(async |tx| tx.query(SQLITE_HEAD).fetch_scalar().await).await;
            match head {
                Err(error) if crate::db::Error::kind(&error) == ErrorKind::Busy => {}
                head => return Ok(head?),
            }
        }
        Ok(self.db().query(SQLITE_HEAD).fetch_scalar().await?)
    }

    pub(super) async fn last_of_lanes(&self, after: i64, to: i64) -> Result<Vec<(i16, i64)>, Error> {
        let query = self.db().query(
            "SELECT lane, MAX(position) FROM events_log WHERE position > $1 AND position <= $2 GROUP BY lane",
        );
        Ok(query.bind(after).bind(to).fetch_all().await?)
    }

    /// Passes the server's hints on, for as long as it is polled.
    pub(super) async fn listen_to_server(&self) {
        db::listen(self.db(), "gravity_events", || {
            self.0.hint.send_replace(());
        })
        .await;
    }
}
