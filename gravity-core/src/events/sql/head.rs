//! How far the log reaches, and what makes a node look.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::db::{Engine, ErrorKind};
use crate::events::Error;

use super::SqlEvents;

/// The highest position that was ever given out, which outlives the rows.
const SQLITE_HEAD: &str = "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'events_log'), 0)";

/// How long to wait before a server that cannot be heard is listened to again.
const RECONNECT: Duration = Duration::from_secs(2);

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
        #[cfg(feature = "postgres")]
        if let Some(pool) = self.db().postgres() {
            // A connection of its own, so that a small pool is not used up by it.
            let own = sqlx::postgres::PgPoolOptions::new()
                .max_connections(1)
                .max_lifetime(None)
                .idle_timeout(None)
                .connect_lazy_with(pool.connect_options().as_ref().clone());
            while !pool.is_closed() {
                if let Err(error) = self.pass_hints_on(&own).await {
                    tracing::warn!(%error, "cannot listen to the server for events; asking it instead");
                }
                tokio::time::sleep(RECONNECT).await;
            }
        }
        std::future::pending::<()>().await;
        // `RECONNECT` is PostgreSQL's alone.
        let _ = RECONNECT;
    }

    #[cfg(feature = "postgres")]
    async fn pass_hints_on(&self, pool: &sqlx::PgPool) -> Result<(), crate::db::Error> {
        let mut listener = sqlx::postgres::PgListener::connect_with(pool).await?;
        listener.listen("gravity_events").await?;
        loop {
            // What was said before, or while nobody listened, is made up for by looking once.
            self.0.hint.send_replace(());
            listener.try_recv().await?;
        }
    }
}
