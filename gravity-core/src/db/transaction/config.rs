//! How a transaction is run.

use super::super::Engine;

/// What a transaction sees of others that run beside it. PostgreSQL only: SQLite's are always serializable,
/// because one writes at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Isolation {
    /// Each statement sees what is committed when it begins.
    #[default]
    ReadCommitted,
    /// All statements see what was committed when the first one began.
    RepeatableRead,
    /// As if the transactions ran one after the other.
    Serializable,
}

/// How a transaction is run.
#[derive(Debug, Clone)]
#[must_use]
pub struct TransactionConfig {
    isolation: Isolation,
    pub(super) is_read_only: bool,
    pub(super) max_attempts: u32,
}

impl Default for TransactionConfig {
    fn default() -> Self {
        Self { isolation: Isolation::ReadCommitted, is_read_only: false, max_attempts: 8 }
    }
}

impl TransactionConfig {
    /// Read committed, writing, at most eight attempts.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the transaction sees of others, on PostgreSQL.
    pub fn with_isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = isolation;
        self
    }

    /// A transaction that only reads. On SQLite it does not take the lock of writers; on PostgreSQL the
    /// server refuses to write in it.
    pub fn read_only(mut self) -> Self {
        self.is_read_only = true;
        self
    }

    /// How often it is tried in all when it collides with others; at least once.
    pub fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    pub(super) fn begin(&self, engine: Engine) -> &'static str {
        match (engine, self.isolation, self.is_read_only) {
            // One that becomes a writer later fails when another one has written meanwhile.
            (Engine::Sqlite, _, false) => "BEGIN IMMEDIATE",
            (Engine::Sqlite, _, true) => "BEGIN DEFERRED",
            (Engine::Postgres, Isolation::ReadCommitted, false) => "BEGIN ISOLATION LEVEL READ COMMITTED",
            (Engine::Postgres, Isolation::RepeatableRead, false) => "BEGIN ISOLATION LEVEL REPEATABLE READ",
            (Engine::Postgres, Isolation::Serializable, false) => "BEGIN ISOLATION LEVEL SERIALIZABLE",
            (Engine::Postgres, Isolation::ReadCommitted, true) => {
                "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"
            }
            (Engine::Postgres, Isolation::RepeatableRead, true) => {
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            }
            (Engine::Postgres, Isolation::Serializable, true) => {
                "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY"
            }
        }
    }
}
