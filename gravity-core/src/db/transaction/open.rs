//! A transaction or savepoint that has begun and not ended.

use sqlx::Connection as _;
use sqlx::Transaction;

use super::super::pool::Connection;

/// Rolled back, if it is dropped, before the connection is used again.
pub(crate) enum Open<'c> {
    #[cfg(feature = "sqlite")]
    Sqlite(OpenSqlite<'c>),
    #[cfg(feature = "postgres")]
    Postgres(Transaction<'c, sqlx::Postgres>),
}

#[cfg(feature = "sqlite")]
pub(crate) struct OpenSqlite<'c> {
    transaction: Transaction<'c, sqlx::Sqlite>,
    deadline: Option<&'c super::super::deadline::Deadline>,
}

impl<'c> Open<'c> {
    pub(crate) async fn begin(connection: Connection<'c>, sql: &'static str) -> Result<Self, sqlx::Error> {
        Ok(match connection {
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(sqlite) => Self::Sqlite(OpenSqlite {
                transaction: sqlite.connection.begin_with(sql).await?,
                deadline: sqlite.deadline,
            }),
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => Self::Postgres(connection.begin_with(sql).await?),
        })
    }

    /// A savepoint: the connection is in a transaction.
    pub(crate) async fn savepoint(connection: Connection<'c>) -> Result<Self, sqlx::Error> {
        Ok(match connection {
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(sqlite) => Self::Sqlite(OpenSqlite {
                transaction: sqlite.connection.begin().await?,
                deadline: sqlite.deadline,
            }),
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => Self::Postgres(connection.begin().await?),
        })
    }

    pub(crate) fn connection(&mut self) -> Connection<'_> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(open) => Connection::Sqlite(super::super::pool::BorrowedSqlite {
                connection: &mut open.transaction,
                deadline: open.deadline,
            }),
            #[cfg(feature = "postgres")]
            Self::Postgres(transaction) => Connection::Postgres(transaction),
        }
    }

    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(open) => open.transaction.commit().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(transaction) => transaction.commit().await,
        }
    }

    pub(crate) async fn roll_back(self) -> Result<(), sqlx::Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(open) => open.transaction.rollback().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(transaction) => transaction.rollback().await,
        }
    }
}
