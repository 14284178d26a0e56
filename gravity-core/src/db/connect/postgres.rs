//! Connects to PostgreSQL.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::super::database::Primary;
use super::super::pool::{Pool, Timeouts};
use super::super::{DatabaseConfig, Error};
use super::wrong;

const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) async fn connect(url: &str, config: &DatabaseConfig) -> Result<Primary, Error> {
    let options = options(url, config)?;
    let label = format!(
        "{}:{}/{}",
        options.get_host(),
        options.get_port(),
        options.get_database().unwrap_or_default()
    );
    let pool = PgPoolOptions::new()
        .max_connections(config.max_connections)
        .min_connections(config.min_connections.min(config.max_connections))
        .acquire_timeout(config.acquire_timeout)
        .idle_timeout(config.idle_timeout)
        .max_lifetime(config.max_lifetime)
        .connect_with(options)
        .await?;
    Ok(Primary::new(Pool::Postgres(pool), label, Timeouts::default()))
}

fn options(url: &str, config: &DatabaseConfig) -> Result<PgConnectOptions, Error> {
    let mut options = PgConnectOptions::from_str(url).map_err(|_| {
        wrong(
            "the PostgreSQL URL is not valid; it is `postgres://user:password@host:5432/database`, with \
             special characters of the password percent-encoded",
        )
    })?;
    if options.get_application_name().is_none()
        && let Some(name) = &config.application_name
    {
        options = options.application_name(name);
    }
    let timeouts = [
        ("statement_timeout", config.statement_timeout.or(Some(STATEMENT_TIMEOUT))),
        ("lock_timeout", config.lock_timeout),
        ("idle_in_transaction_session_timeout", config.idle_in_transaction_timeout),
    ];
    let settings = timeouts.into_iter().filter_map(|(name, timeout)| {
        Some((name, timeout?.as_millis().clamp(1, i32::MAX.unsigned_abs().into())))
    });
    Ok(options.options(settings).statement_cache_capacity(config.statement_cache))
}
