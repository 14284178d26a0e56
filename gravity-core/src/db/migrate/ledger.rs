//! The table of applied steps.

use sqlx::AssertSqlSafe;
use sqlx::SqlSafeStr as _;
use sqlx::SqlStr;

use super::super::{Engine, Error, Executor, Tx, run};
use super::{Migration, Migrations};
use crate::Timestamp;

/// A row of the ledger.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Applied {
    pub(super) version: i64,
    pub(super) name: String,
    pub(super) checksum: String,
    pub(super) at: Timestamp,
}

/// The statements on one service's ledger. Its name was checked when the `Migrations` were made.
pub(super) struct Ledger {
    table: String,
    engine: Engine,
}

impl Ledger {
    pub(super) fn of(migrations: &Migrations, engine: Engine) -> Self {
        Self { table: migrations.ledger(), engine }
    }

    pub(super) fn create_sql(&self) -> String {
        let table = &self.table;
        let (integer, text, time, end) = match self.engine {
            Engine::Sqlite => ("INTEGER", "TEXT", "INTEGER", " STRICT"),
            Engine::Postgres => ("bigint", "text", "timestamptz", ""),
        };
        format!(
            "CREATE TABLE IF NOT EXISTS {table} (\n    version {integer} PRIMARY KEY,\n    name {text} NOT NULL,\n    \
             checksum {text} NOT NULL,\n    applied_at {time} NOT NULL\n){end}"
        )
    }

    /// The statement that records a step, for a script that somebody runs by hand.
    pub(super) fn insert_sql(&self, migration: &Migration) -> String {
        let now = match self.engine {
            Engine::Sqlite => "CAST(strftime('%s', 'now') AS INTEGER) * 1000000",
            Engine::Postgres => "now()",
        };
        format!(
            "INSERT INTO {} (version, name, checksum, applied_at)\n    VALUES ({}, '{}', '{}', {now})",
            self.table,
            migration.version,
            migration.name.replace('\'', "''"),
            migration.checksum(self.engine),
        )
    }

    pub(super) async fn create(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        script(tx, self.create_sql()).await
    }

    pub(super) async fn exists(&self, on: &mut Executor<'_>) -> Result<bool, Error> {
        let sql = match self.engine {
            Engine::Sqlite => {
                "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1)"
            }
            Engine::Postgres => "SELECT to_regclass($1) IS NOT NULL",
        };
        on.query(sql).bind(self.table.as_str()).fetch_scalar().await
    }

    pub(super) async fn read(&self, on: &mut Executor<'_>) -> Result<Vec<Applied>, Error> {
        let sql =
            format!("SELECT version, name, checksum, applied_at AS at FROM {} ORDER BY version", self.table);
        on.query_built(sql).fetch_all().await
    }

    pub(super) async fn insert(&self, tx: &mut Tx<'_>, migration: &Migration) -> Result<(), Error> {
        script(tx, self.insert_sql(migration)).await
    }
}

/// Runs text that this crate or a constant of another one is made of.
pub(super) async fn script(
    tx: &mut Tx<'_>,
    sql: impl Into<std::borrow::Cow<'static, str>>,
) -> Result<(), Error> {
    tx.state.check()?;
    let sql: SqlStr = AssertSqlSafe(sql.into()).into_sql_str();
    run::execute_script(tx.connection.reborrow(), sql).await.map_err(|error| {
        let error = Error::from(error);
        tx.state.note(&error);
        error
    })
}
