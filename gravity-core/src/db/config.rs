//! How a pool is set up.

use std::time::Duration;

/// How sure a commit is to survive a loss of power. SQLite only; PostgreSQL's server decides for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// `synchronous = NORMAL`: the database never breaks, a crash of the program loses nothing, and a
    /// loss of power may lose the last commits.
    #[default]
    Normal,
    /// `synchronous = FULL`: every commit waits for the disk.
    Full,
}

/// Limits of a [`Database`](super::Database). The defaults suit a service of one node.
///
/// | Setting | Default |
/// |---|---|
/// | connections | at most 10, at least 0; one for a SQLite database in memory |
/// | acquire timeout | 5 s |
/// | idle timeout, lifetime | 10 min, 30 min; none for a SQLite database in memory |
/// | statement timeout | 30 s on PostgreSQL, none on SQLite |
/// | lock timeout (PostgreSQL) | 5 s |
/// | idle in transaction (PostgreSQL) | 30 s |
/// | busy timeout (SQLite) | 5 s |
/// | durability (SQLite) | [`Durability::Normal`] |
#[derive(Debug, Clone)]
#[must_use]
pub struct DatabaseConfig {
    pub(super) max_connections: u32,
    pub(super) min_connections: u32,
    pub(super) acquire_timeout: Duration,
    pub(super) idle_timeout: Option<Duration>,
    pub(super) max_lifetime: Option<Duration>,
    pub(super) statement_timeout: StatementTimeout,
    pub(super) lock_timeout: Option<Duration>,
    pub(super) idle_in_transaction_timeout: Option<Duration>,
    pub(super) busy_timeout: Duration,
    pub(super) durability: Durability,
    pub(super) application_name: Option<String>,
    pub(super) statement_cache: usize,
}

/// The engines have different defaults.
#[derive(Debug, Clone, Copy)]
pub(super) enum StatementTimeout {
    Default,
    Set(Option<Duration>),
}

impl StatementTimeout {
    pub(super) fn or(self, default: Option<Duration>) -> Option<Duration> {
        match self {
            Self::Default => default,
            Self::Set(timeout) => timeout,
        }
    }
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            max_connections: 10,
            min_connections: 0,
            acquire_timeout: Duration::from_secs(5),
            idle_timeout: Some(Duration::from_mins(10)),
            max_lifetime: Some(Duration::from_mins(30)),
            statement_timeout: StatementTimeout::Default,
            lock_timeout: Some(Duration::from_secs(5)),
            idle_in_transaction_timeout: Some(Duration::from_secs(30)),
            busy_timeout: Duration::from_secs(5),
            durability: Durability::default(),
            application_name: None,
            statement_cache: 200,
        }
    }
}

impl DatabaseConfig {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// At most this many connections, and at least one. A SQLite database in memory always has one.
    pub fn with_max_connections(mut self, max: u32) -> Self {
        self.max_connections = max.max(1);
        self
    }

    /// Keeps this many connections open when nobody needs them.
    pub fn with_min_connections(mut self, min: u32) -> Self {
        self.min_connections = min;
        self
    }

    /// How long a query waits for a connection before it fails with
    /// [`ErrorKind::PoolTimeout`](super::ErrorKind::PoolTimeout).
    pub fn with_acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// Closes a connection that nobody used for so long. `None` keeps it.
    pub fn with_idle_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.idle_timeout = timeout.into();
        self
    }

    /// Replaces a connection of this age. `None` keeps it.
    pub fn with_max_lifetime(mut self, lifetime: impl Into<Option<Duration>>) -> Self {
        self.max_lifetime = lifetime.into();
        self
    }

    /// Ends a statement that runs longer, with [`ErrorKind::Timeout`](super::ErrorKind::Timeout).
    ///
    /// On SQLite a timeout costs a message to the connection's thread each time a connection is taken
    /// from the pool, and is off unless it is asked for here.
    pub fn with_statement_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.statement_timeout = StatementTimeout::Set(timeout.into());
        self
    }

    /// How long a statement waits for a lock on PostgreSQL.
    pub fn with_lock_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.lock_timeout = timeout.into();
        self
    }

    /// How long a transaction may do nothing on PostgreSQL before the server hangs up.
    pub fn with_idle_in_transaction_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.idle_in_transaction_timeout = timeout.into();
        self
    }

    /// How long a writer waits for another one on SQLite.
    pub fn with_busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// How sure a commit is on SQLite.
    pub fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// The name by which PostgreSQL lists the connections. A name in the URL comes first.
    pub fn with_application_name(mut self, name: impl Into<String>) -> Self {
        self.application_name = Some(name.into());
        self
    }

    /// How many prepared statements a connection keeps. `0` keeps none, which a connection pooler in
    /// front of PostgreSQL may need.
    pub fn with_statement_cache(mut self, statements: usize) -> Self {
        self.statement_cache = statements;
        self
    }
}
