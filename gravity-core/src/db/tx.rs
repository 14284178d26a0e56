//! A transaction, as the code inside of it sees it.

use super::pool::Connection;
use super::query::On;
use super::{Engine, Error, ErrorKind, Query};

/// An open transaction: one that [`Database::transaction`](super::Database::transaction) began, or one that
/// the caller holds.
///
/// It can run statements and savepoints, and cannot end: whoever began the transaction commits it or rolls
/// it back. A statement that the engine refused fails the whole transaction, on both engines alike; from
/// then on everything fails with [`ErrorKind::TransactionFailed`] but the rollback. To go on after such a
/// refusal put the statement into [`Tx::savepoint`].
pub struct Tx<'c> {
    pub(super) connection: Connection<'c>,
    pub(super) state: State,
}

/// What went wrong inside the transaction so far.
#[derive(Default)]
pub(super) struct State {
    pub(super) failed: Option<ErrorKind>,
}

impl State {
    #[inline]
    pub(super) fn check(&self) -> Result<(), Error> {
        match self.failed {
            None => Ok(()),
            Some(kind) => Err(Error::new(
                ErrorKind::TransactionFailed,
                format!("an earlier statement of it failed ({kind}); a savepoint would have kept it alive"),
            )),
        }
    }

    /// Remembers an error that the engine does not let a transaction survive.
    pub(super) fn note(&mut self, error: &Error) {
        let from_engine = matches!(
            error.driver(),
            Some(
                sqlx::Error::Database(_)
                    | sqlx::Error::Io(_)
                    | sqlx::Error::Protocol(_)
                    | sqlx::Error::WorkerCrashed
            )
        );
        if from_engine && self.failed.is_none() {
            self.failed = Some(error.kind());
        }
    }

    /// Whether the whole transaction is worth another try.
    pub(super) fn may_repeat(&self) -> bool {
        matches!(self.failed, Some(ErrorKind::Serialization | ErrorKind::Busy))
    }
}

impl<'c> Tx<'c> {
    pub(super) fn new(connection: Connection<'c>) -> Self {
        Self { connection, state: State::default() }
    }

    /// A statement inside this transaction, as [`Database::query`](super::Database::query) makes it.
    #[inline]
    pub fn query(&mut self, sql: &'static str) -> Query<'_> {
        Query::new(self.on(), sql)
    }

    /// The engine behind it.
    pub fn engine(&self) -> Engine {
        self.connection.engine()
    }

    /// Runs in a transaction that the caller holds on PostgreSQL: `Tx::join_postgres(&mut transaction)` with
    /// a [`sqlx::Transaction`], or a connection on which one was begun by sqlx.
    ///
    /// The `Tx` neither commits it nor rolls it back. Fails if no transaction is open, because nothing that
    /// is done would be undone with the rest.
    #[cfg(feature = "postgres")]
    pub fn join_postgres(connection: &'c mut sqlx::PgConnection) -> Result<Self, Error> {
        require_transaction(sqlx::Connection::is_in_transaction(connection))?;
        Ok(Self::new(Connection::Postgres(connection)))
    }

    /// Runs in a transaction that the caller holds on SQLite: `Tx::join_sqlite(&mut transaction)` with a
    /// [`sqlx::Transaction`], or a connection on which one was begun by sqlx.
    ///
    /// The `Tx` neither commits it nor rolls it back. Fails if no transaction is open, because nothing that
    /// is done would be undone with the rest. Begin it by `BEGIN IMMEDIATE`: SQLite refuses to turn a
    /// transaction that has read into one that writes while another one does.
    #[cfg(feature = "sqlite")]
    pub fn join_sqlite(connection: &'c mut sqlx::SqliteConnection) -> Result<Self, Error> {
        require_transaction(sqlx::Connection::is_in_transaction(connection))?;
        Ok(Self::new(Connection::Sqlite(super::pool::BorrowedSqlite { connection, deadline: None })))
    }

    #[inline]
    pub(super) fn on(&mut self) -> On<'_> {
        On::Tx { connection: self.connection.reborrow(), state: &mut self.state }
    }
}

fn require_transaction(is_open: bool) -> Result<(), Error> {
    if is_open {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Other,
        "the connection to join is in no transaction that sqlx knows of; begin it by `begin` or `begin_with`",
    ))
}
