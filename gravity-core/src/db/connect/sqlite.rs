//! Opens a SQLite database.

use std::str::FromStr;

use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::super::database::Primary;
use super::super::pool::{Pool, Timeouts};
use super::super::{DatabaseConfig, Durability, Error, ErrorKind};
use super::wrong;

/// How often opening is tried while others turn on the write-ahead log of the same new file.
const ATTEMPTS: u32 = 20;

pub(super) async fn connect(url: &str, config: &DatabaseConfig) -> Result<Primary, Error> {
    let location = Location::of(url)?;
    let options = options(url, &location, config)?;
    let anchor = if location.is_memory { Some(options.connect().await?) } else { None };
    let pool = pool(&location, config).connect_with(options.clone());
    let pool = match pool.await {
        Ok(pool) => pool,
        Err(error) => retry(Error::from(error), &location, options, config).await?,
    };
    let timeouts = Timeouts { sqlite_statement: config.statement_timeout.or(None), sqlite_ready: true };
    let label = if location.is_memory { "memory".to_owned() } else { location.file.to_owned() };
    Ok(Primary::new(Pool::Sqlite(pool), label, timeouts).with_anchor(anchor, config.busy_timeout))
}

/// SQLite does not wait for its lock while it turns on the write-ahead log, so that of many nodes which
/// open a new file at once some are told that it is locked.
async fn retry(
    mut error: Error,
    location: &Location<'_>,
    options: SqliteConnectOptions,
    config: &DatabaseConfig,
) -> Result<sqlx::SqlitePool, Error> {
    for attempt in 1..ATTEMPTS {
        if error.kind() != ErrorKind::Busy {
            break;
        }
        tokio::time::sleep(super::super::transaction::AFTER_COLLISION.wait(attempt)).await;
        match pool(location, config).connect_with(options.clone()).await {
            Ok(pool) => return Ok(pool),
            Err(next) => error = next.into(),
        }
    }
    if error.kind() == ErrorKind::ConnectionLost {
        return Err(Error::new(
            ErrorKind::ConnectionLost,
            format!(
                "cannot open the file `{}`; does its folder exist, and may it be written?",
                location.file
            ),
        ));
    }
    Err(error)
}

struct Location<'u> {
    file: &'u str,
    is_memory: bool,
    /// The URL says by itself how the file is opened.
    has_mode: bool,
    is_read_only: bool,
}

impl<'u> Location<'u> {
    fn of(url: &'u str) -> Result<Self, Error> {
        let rest = url.strip_prefix("sqlite:").unwrap_or(url);
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (file, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mode = query.split('&').find_map(|pair| pair.strip_prefix("mode="));
        let is_memory = file == ":memory:" || mode == Some("memory");
        if file.is_empty() && !is_memory {
            return Err(wrong("the SQLite URL names no file; it is `sqlite://app.db` or `sqlite::memory:`"));
        }
        Ok(Self { file, is_memory, has_mode: mode.is_some(), is_read_only: mode == Some("ro") })
    }
}

fn options(
    url: &str,
    location: &Location<'_>,
    config: &DatabaseConfig,
) -> Result<SqliteConnectOptions, Error> {
    // A database in memory gets a name that no other one has, whatever form its URL takes.
    let url = if location.is_memory && location.file.is_empty() { "sqlite::memory:" } else { url };
    let mut options = SqliteConnectOptions::from_str(url).map_err(|_| {
        wrong(
            "the SQLite URL has a parameter that is unknown; it takes `mode`, `cache`, `immutable` and `vfs`",
        )
    })?;
    options = options
        .foreign_keys(true)
        .busy_timeout(config.busy_timeout)
        .statement_cache_capacity(config.statement_cache)
        .synchronous(match config.durability {
            Durability::Normal => SqliteSynchronous::Normal,
            Durability::Full => SqliteSynchronous::Full,
        });
    if !location.is_memory && !location.has_mode {
        options = options.create_if_missing(true);
    }
    if !location.is_memory && !location.is_read_only {
        options = options.journal_mode(SqliteJournalMode::Wal);
    }
    Ok(options)
}

fn pool(location: &Location<'_>, config: &DatabaseConfig) -> SqlitePoolOptions {
    let options = SqlitePoolOptions::new().acquire_timeout(config.acquire_timeout);
    if location.is_memory {
        // Connections to one database in memory lock each other's tables, and fail where they would have
        // to wait. With a single one they queue. The anchor keeps the data if that one is replaced.
        return options.max_connections(1).min_connections(1).idle_timeout(None).max_lifetime(None);
    }
    options
        .max_connections(config.max_connections)
        .min_connections(config.min_connections.min(config.max_connections))
        .idle_timeout(config.idle_timeout)
        .max_lifetime(config.max_lifetime)
        // The database is a file: there is no server that could have hung up.
        .test_before_acquire(false)
}
