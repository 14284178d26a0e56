//! A pool, a connection taken from it, and a connection that is borrowed: a variant per engine.

#[cfg(feature = "sqlite")]
use std::time::Duration;

#[cfg(feature = "postgres")]
use sqlx::{PgConnection, PgPool, Postgres};
#[cfg(feature = "sqlite")]
use sqlx::{Sqlite, SqliteConnection, SqlitePool};

#[cfg(feature = "sqlite")]
use super::deadline::Deadline;
use super::metrics::Usage;
use super::{Engine, Error};

#[derive(Clone)]
pub(super) enum Pool {
    #[cfg(feature = "sqlite")]
    Sqlite(SqlitePool),
    #[cfg(feature = "postgres")]
    Postgres(PgPool),
}

/// A connection that goes back to its pool when it is dropped.
pub(super) enum Pooled {
    #[cfg(feature = "sqlite")]
    Sqlite(PooledSqlite),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::pool::PoolConnection<Postgres>),
}

#[cfg(feature = "sqlite")]
pub(super) struct PooledSqlite {
    // Dropped first: it ends a statement that nobody waits for.
    deadline: Option<Deadline>,
    connection: sqlx::pool::PoolConnection<Sqlite>,
}

/// A connection that somebody else gives back.
pub(super) enum Connection<'c> {
    #[cfg(feature = "sqlite")]
    Sqlite(BorrowedSqlite<'c>),
    #[cfg(feature = "postgres")]
    Postgres(&'c mut PgConnection),
}

#[cfg(feature = "sqlite")]
pub(super) struct BorrowedSqlite<'c> {
    pub(super) connection: &'c mut SqliteConnection,
    pub(super) deadline: Option<&'c Deadline>,
}

impl Pool {
    pub(super) fn engine(&self) -> Engine {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Engine::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// The same number for all clones of a pool, whoever cloned it.
    pub(super) fn identity(&self) -> usize {
        // The options live inside of what the clones share.
        each_engine!(self, Pool(pool) => std::ptr::from_ref(pool.options()).addr())
    }

    pub(super) fn is_closed(&self) -> bool {
        each_engine!(self, Pool(pool) => pool.is_closed())
    }

    pub(super) fn usage(&self) -> Usage {
        each_engine!(self, Pool(pool) => Usage {
            size: pool.size(),
            idle: u64::try_from(pool.num_idle()).unwrap_or(u64::MAX),
            max: pool.options().get_max_connections(),
        })
    }

    pub(super) async fn close(&self) {
        each_engine!(self, Pool(pool) => pool.close().await);
    }

    #[cfg_attr(
        not(feature = "sqlite"),
        expect(unused_variables, reason = "SQLite's timeout is the caller's")
    )]
    pub(super) async fn acquire(&self, timeouts: Timeouts) -> Result<Pooled, Error> {
        // Waiting for a connection goes on the heap: its future is large, and would be copied with every
        // future that awaits a statement, of either engine.
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => {
                // A connection that lies ready is taken at once. The application's own pool may want to
                // look at it first.
                let ready = if timeouts.sqlite_ready { pool.try_acquire() } else { None };
                let mut connection = match ready {
                    Some(connection) => connection,
                    None => Box::pin(pool.acquire()).await?,
                };
                let deadline = match timeouts.sqlite_statement {
                    Some(timeout) => Some(Deadline::install(&mut connection, timeout).await?),
                    None => None,
                };
                Ok(Pooled::Sqlite(PooledSqlite { deadline, connection }))
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => Ok(Pooled::Postgres(Box::pin(pool.acquire()).await?)),
        }
    }
}

/// How connections are had: what this crate has to time because the engine does not, and what it may skip.
#[derive(Clone, Copy, Default)]
pub(super) struct Timeouts {
    #[cfg(feature = "sqlite")]
    pub(super) sqlite_statement: Option<Duration>,
    /// Whether a connection that lies ready needs no look before it is used.
    #[cfg(feature = "sqlite")]
    pub(super) sqlite_ready: bool,
}

impl Pooled {
    pub(super) fn borrow(&mut self) -> Connection<'_> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pooled) => Connection::Sqlite(BorrowedSqlite {
                connection: &mut pooled.connection,
                deadline: pooled.deadline.as_ref(),
            }),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => Connection::Postgres(connection),
        }
    }

    /// Keeps a connection in an unknown state from being used again.
    pub(super) fn discard(&mut self) {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pooled) => pooled.connection.close_on_drop(),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => connection.close_on_drop(),
        }
    }
}

impl Connection<'_> {
    pub(super) fn reborrow(&mut self) -> Connection<'_> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(sqlite) => Connection::Sqlite(BorrowedSqlite {
                connection: sqlite.connection,
                deadline: sqlite.deadline,
            }),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => Connection::Postgres(connection),
        }
    }

    pub(super) fn engine(&self) -> Engine {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Engine::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Engine::Postgres,
        }
    }
}
