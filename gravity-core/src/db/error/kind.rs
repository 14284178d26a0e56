//! The kinds of failure.

use std::fmt;

/// What kind of failure an [`Error`](super::Error) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No row, where exactly one was asked for.
    NotFound,
    /// A row with the same unique values exists (or, on PostgreSQL, one that an exclusion constraint
    /// does not allow beside it).
    UniqueViolation,
    /// A row that is referred to does not exist, or is still referred to.
    ForeignKeyViolation,
    /// A value is outside what a check of the schema allows.
    CheckViolation,
    /// A value is missing.
    NotNullViolation,
    /// The engine gave up on a transaction for the sake of another one: a serialization failure or a
    /// deadlock.
    Serialization,
    /// SQLite's lock was held by another writer for longer than the busy timeout.
    Busy,
    /// A statement, or its wait for a lock, took longer than is allowed.
    Timeout,
    /// No connection of the pool became free in time.
    PoolTimeout,
    /// The server cannot be reached, or hung up.
    ConnectionLost,
    /// The database was closed by [`Database::close`](crate::db::Database::close).
    Closed,
    /// A value of a row does not fit the Rust type it is read into.
    Decode,
    /// A value cannot be sent to the engine.
    Encode,
    /// Migrations cannot run, or may not.
    Migration,
    /// A query on the `Database` inside one of its own transactions, which could wait for itself.
    InsideTransaction,
    /// The transaction has failed earlier and cannot do anything but roll back.
    TransactionFailed,
    /// The URL or the configuration is wrong, or the feature for it is off.
    Configuration,
    /// A cursor does not belong to this list.
    Cursor,
    /// Anything else: mistakes in SQL, a full disk, missing rights.
    Other,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "no such row",
            Self::UniqueViolation => "unique violation",
            Self::ForeignKeyViolation => "foreign key violation",
            Self::CheckViolation => "check violation",
            Self::NotNullViolation => "not-null violation",
            Self::Serialization => "the transaction collided with another one",
            Self::Busy => "the database is locked by another writer",
            Self::Timeout => "the statement took too long",
            Self::PoolTimeout => "no connection became free in time",
            Self::ConnectionLost => "no connection to the database",
            Self::Closed => "the database is closed",
            Self::Decode => "a row does not fit its type",
            Self::Encode => "a value cannot be bound",
            Self::Migration => "migration",
            Self::InsideTransaction => "a query on the database inside its own transaction",
            Self::TransactionFailed => "the transaction has failed already",
            Self::Configuration => "configuration of the database",
            Self::Cursor => "cursor",
            Self::Other => "database error",
        })
    }
}
