//! Databases of their own on a server that is given.

use anyhow::{Context, Result};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};

fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// What decides about speed on the server.
pub(crate) fn settings(url: &str) -> Result<String> {
    block_on(async {
        let mut connection = PgConnection::connect(url).await?;
        let mut text = String::from("PostgreSQL");
        for setting in ["server_version", "fsync", "synchronous_commit", "shared_buffers"] {
            let row = connection.fetch_one(AssertSqlSafe(format!("SHOW {setting}"))).await?;
            text = format!("{text}, {setting} {}", row.try_get::<String, _>(0)?);
        }
        connection.close().await?;
        Ok(text)
    })
}

/// A new database, which is dropped with this.
pub(crate) struct Own {
    server: String,
    name: String,
    /// Where it is.
    pub(crate) url: String,
}

impl Own {
    /// Makes one. The suffix tells those of one process apart.
    pub(crate) fn new(server: &str, suffix: &str) -> Result<Self> {
        let name = format!("gravity_bench_{}_{suffix}", std::process::id());
        execute(server, format!("CREATE DATABASE {name} TEMPLATE template0"))?;
        let (base, _) = server.rsplit_once('/').context("the URL names a database")?;
        let url = format!("{base}/{name}");
        Ok(Self { server: server.to_owned(), name, url })
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        // It is the server's folder that is left dirty, and the next name is another.
        drop(execute(&self.server, format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)));
    }
}

/// Runs this on a new database of the server, which is dropped afterwards.
pub(crate) fn in_own_database<T>(url: &str, run: impl FnOnce(&str) -> Result<T>) -> Result<T> {
    let own = Own::new(url, "one")?;
    let result = run(&own.url);
    drop(own);
    // What one has left for later must not be the other's load.
    checkpoint(url)?;
    result
}

/// Writes out what the server has put off.
pub(crate) fn checkpoint(url: &str) -> Result<()> {
    execute(url, "CHECKPOINT".to_owned())
}

fn execute(url: &str, sql: String) -> Result<()> {
    block_on(async {
        let mut connection = PgConnection::connect(url).await?;
        connection.execute(AssertSqlSafe(sql)).await?;
        connection.close().await?;
        Ok(())
    })
}
