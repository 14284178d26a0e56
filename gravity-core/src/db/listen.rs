//! Hears what a PostgreSQL server tells.

use std::time::Duration;

use super::Database;

/// How long to wait before a server that cannot be heard is listened to again.
const RECONNECT: Duration = Duration::from_secs(2);

/// Calls `heard` whenever somebody notifies this channel, for as long as it is polled; on SQLite never.
///
/// What was said before, or while nobody listened, is made up for by a call whenever listening begins.
pub(crate) async fn listen(db: &Database, channel: &'static str, heard: impl Fn() + Send + Sync) {
    #[cfg(feature = "postgres")]
    if let Some(pool) = db.postgres() {
        // A connection of its own, so that a small pool is not used up by it.
        let own = sqlx::postgres::PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .connect_lazy_with(pool.connect_options().as_ref().clone());
        while !pool.is_closed() {
            if let Err(error) = hear(&own, channel, &heard).await {
                tracing::warn!(%error, channel, "cannot listen to the server; asking it instead");
            }
            tokio::time::sleep(RECONNECT).await;
        }
    }
    std::future::pending::<()>().await;
    // These are PostgreSQL's alone.
    let _ = (RECONNECT, db, channel, heard);
}

#[cfg(feature = "postgres")]
async fn hear(
    pool: &sqlx::PgPool,
    channel: &'static str,
    heard: &(impl Fn() + Send + Sync),
) -> Result<(), super::Error> {
    let mut listener = sqlx::postgres::PgListener::connect_with(pool).await?;
    listener.listen(channel).await?;
    loop {
        heard();
        listener.try_recv().await?;
    }
}
