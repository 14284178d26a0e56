//! The handle to a database.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::args::Args;
use super::metrics::Waiting;
use super::pool::{Pool, Pooled, Timeouts};
use super::query::On;
use super::{DatabaseConfig, Engine, Error, Query, connect, scope};

/// A pool of connections to one SQLite or PostgreSQL database. A clone is another handle to the same pool.
///
/// ```
/// # async fn example() -> Result<(), gravity_core::db::Error> {
/// use gravity_core::db::Database;
///
/// let db = Database::connect("sqlite::memory:").await?;
/// let sum: i64 = db.query("SELECT $1 + $2").bind(1_i64).bind(2_i64).fetch_scalar().await?;
/// assert_eq!(sum, 3);
/// # Ok(())
/// # }
/// # #[cfg(feature = "sqlite")]
/// # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Clone)]
pub struct Database {
    pub(super) primary: Arc<Primary>,
    replicas: Option<Arc<Replicas>>,
}

pub(super) struct Primary {
    pub(super) pool: Pool,
    pub(super) identity: usize,
    timeouts: Timeouts,
    pub(super) waiting: Waiting,
    label: String,
    #[cfg(feature = "sqlite")]
    pub(super) sqlite: super::transaction::SqliteGate,
    /// Keeps a SQLite database in memory alive while the pool has no connection.
    #[cfg(feature = "sqlite")]
    anchor: std::sync::Mutex<Option<sqlx::SqliteConnection>>,
}

struct Replicas {
    all: Vec<Database>,
    next: AtomicUsize,
}

impl Database {
    /// Connects with the defaults of [`DatabaseConfig`].
    ///
    /// - `sqlite://app.db`, `sqlite:///var/lib/app.db`: a file, which is created, with a write-ahead log,
    ///   foreign keys checked, and a busy timeout.
    /// - `sqlite::memory:`: a database of its own in memory, which lives as long as the handle.
    /// - `postgres://user:password@host:5432/name`: a server, reached through TLS when it offers it; all of
    ///   libpq's parameters, such as `?sslmode=verify-full`, are taken.
    ///
    /// One connection is made at once, so that what is wrong shows here. Errors never repeat the URL.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        Self::connect_with(url, DatabaseConfig::default()).await
    }

    /// Connects with limits of one's own.
    pub async fn connect_with(url: &str, config: DatabaseConfig) -> Result<Self, Error> {
        Ok(Self::of(connect::connect(url, &config).await?))
    }

    fn of(primary: Primary) -> Self {
        Self { primary: Arc::new(primary), replicas: None }
    }

    /// The engine behind this handle.
    pub fn engine(&self) -> Engine {
        self.primary.pool.engine()
    }

    /// A statement for this database, with `$1`, `$2`, … for values.
    ///
    /// It is prepared once per connection. Its text is `&'static str`, so that no value can end up in it by
    /// mistake; [`Query::push`] and its neighbours build the parts that only the program's run decides.
    ///
    /// Inside the closure of [`Database::transaction`] of the same database it fails with
    /// [`ErrorKind::InsideTransaction`](super::ErrorKind::InsideTransaction): use the `tx` there.
    #[inline]
    pub fn query(&self, sql: &'static str) -> Query<'_> {
        Query::new(On::Database(self), sql)
    }

    /// Hands reads to these replicas, which [`Database::read`] chooses from in turn. Fails if one of them is
    /// of another engine.
    pub fn with_replicas(mut self, replicas: Vec<Database>) -> Result<Self, Error> {
        if let Some(other) = replicas.iter().find(|replica| replica.engine() != self.engine()) {
            return Err(connect::wrong(format!(
                "a replica runs on {} and its primary on {}",
                other.engine(),
                self.engine()
            )));
        }
        self.replicas =
            (!replicas.is_empty()).then(|| Arc::new(Replicas { all: replicas, next: AtomicUsize::new(0) }));
        Ok(self)
    }

    /// Where to read what may be a moment old: a replica if there are any, else this database.
    ///
    /// A replica lags behind. What a caller has just written, and whatever a decision rests on, is read from
    /// the `Database` itself. Inside a transaction this is the database itself, which refuses the query.
    pub fn read(&self) -> &Database {
        match &self.replicas {
            Some(replicas) if !scope::is_inside(self.primary.identity) => {
                let turn = replicas.next.fetch_add(1, Ordering::Relaxed);
                &replicas.all[turn % replicas.all.len()]
            }
            _ => self,
        }
    }

    /// How long the database takes to answer, the wait for a connection included.
    pub async fn ping(&self) -> Result<Duration, Error> {
        let start = Instant::now();
        self.query("SELECT 1").execute().await?;
        Ok(start.elapsed())
    }

    /// Closes the pool and those of the replicas, and waits until every connection came back and hung up.
    /// Queries that come later fail with [`ErrorKind::Closed`](super::ErrorKind::Closed).
    pub async fn close(&self) {
        self.primary.close().await;
        for replica in self.replicas.iter().flat_map(|replicas| &replicas.all) {
            replica.primary.close().await;
        }
    }

    /// Whether [`Database::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.primary.pool.is_closed()
    }

    /// The pool, if this is PostgreSQL: for what only that engine has.
    #[cfg(feature = "postgres")]
    pub fn postgres(&self) -> Option<&sqlx::PgPool> {
        match &self.primary.pool {
            Pool::Postgres(pool) => Some(pool),
            #[cfg(feature = "sqlite")]
            Pool::Sqlite(_) => None,
        }
    }

    /// The pool, if this is SQLite: for what only that engine has.
    #[cfg(feature = "sqlite")]
    pub fn sqlite(&self) -> Option<&sqlx::SqlitePool> {
        match &self.primary.pool {
            Pool::Sqlite(pool) => Some(pool),
            #[cfg(feature = "postgres")]
            Pool::Postgres(_) => None,
        }
    }

    #[inline]
    pub(super) fn args(&self) -> Args {
        Args::new(self.engine())
    }

    pub(super) fn replicas(&self) -> &[Database] {
        self.replicas.as_ref().map_or(&[], |replicas| &replicas.all)
    }

    /// A connection for one statement, refused inside a transaction.
    #[inline]
    pub(super) async fn acquire(&self) -> Result<Pooled, Error> {
        scope::refuse_inside(self.primary.identity)?;
        self.primary.acquire().await
    }
}

impl Primary {
    pub(super) fn new(pool: Pool, label: String, timeouts: Timeouts) -> Self {
        Self {
            identity: pool.identity(),
            pool,
            timeouts,
            waiting: Waiting::default(),
            label,
            #[cfg(feature = "sqlite")]
            sqlite: super::transaction::SqliteGate::default(),
            #[cfg(feature = "sqlite")]
            anchor: std::sync::Mutex::new(None),
        }
    }

    #[cfg(feature = "sqlite")]
    pub(super) fn with_anchor(mut self, anchor: Option<sqlx::SqliteConnection>, busy: Duration) -> Self {
        self.anchor = std::sync::Mutex::new(anchor);
        self.sqlite = super::transaction::SqliteGate::new(busy);
        self
    }

    #[inline]
    pub(super) async fn acquire(&self) -> Result<Pooled, Error> {
        let _waiter = self.waiting.one_more();
        self.pool.acquire(self.timeouts).await
    }

    async fn close(&self) {
        self.pool.close().await;
        #[cfg(feature = "sqlite")]
        drop(self.anchor.lock().map(|mut anchor| anchor.take()));
    }
}

/// The application's own pool, with the settings it has. Whatever is written through the pool beside this
/// handle shares its connections.
#[cfg(feature = "sqlite")]
impl From<sqlx::SqlitePool> for Database {
    fn from(pool: sqlx::SqlitePool) -> Self {
        let label = pool.connect_options().get_filename().display().to_string();
        Self::of(Primary::new(Pool::Sqlite(pool), label, Timeouts::default()))
    }
}

/// The application's own pool, with the settings it has. Whatever is written through the pool beside this
/// handle shares its connections.
#[cfg(feature = "postgres")]
impl From<sqlx::PgPool> for Database {
    fn from(pool: sqlx::PgPool) -> Self {
        let options = pool.connect_options();
        let label = format!(
            "{}:{}/{}",
            options.get_host(),
            options.get_port(),
            options.get_database().unwrap_or_default()
        );
        Self::of(Primary::new(Pool::Postgres(pool), label, Timeouts::default()))
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("engine", &self.engine())
            .field("at", &self.primary.label)
            .field("replicas", &self.replicas.as_ref().map_or(0, |replicas| replicas.all.len()))
            .finish()
    }
}
