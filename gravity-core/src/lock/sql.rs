//! [`SqlLocks`]: in a database.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::{Error, Lease, LockStore, MIGRATIONS};
use crate::db::{self, Database, Engine, ErrorKind, Tx};

/// Locks in a database, SQLite or PostgreSQL, in tables that begin with `locks_`. Leases end by the database's
/// clock. A clone is another handle to them.
///
/// Transactions that check a lock should be shorter than its lease: they hold up its renewal.
#[derive(Debug, Clone)]
pub struct SqlLocks {
    db: Database,
}

impl SqlLocks {
    /// Locks in this database, whose tables it brings up to date.
    pub async fn new(db: &Database) -> Result<Self, db::Error> {
        MIGRATIONS.up(db).await?;
        Ok(Self::migrated(db))
    }

    /// Locks in a database whose tables are up to date.
    pub fn migrated(db: &Database) -> Self {
        Self { db: db.clone() }
    }
}

/// The statements for one engine. Only their notion of time differs.
struct Statements {
    is_held: &'static str,
    take: &'static str,
    renew: &'static str,
}

macro_rules! statements {
    ($now:literal, $until:literal) => {
        Statements {
            is_held: concat!(
                "SELECT COUNT(*) FROM locks_held WHERE name = $1 AND holder IS NOT NULL AND expires_at > ",
                $now
            ),
            take: concat!(
                "INSERT INTO locks_held AS l (name, token, holder, expires_at) VALUES ($1, 1, $2, ",
                $until,
                ") ON CONFLICT (name) DO UPDATE SET token = l.token + 1, holder = excluded.holder, expires_at = ",
                $until,
                " WHERE l.holder IS NULL OR l.expires_at <= ",
                $now,
                " RETURNING token"
            ),
            renew: concat!(
                "UPDATE locks_held SET expires_at = ",
                $until,
                " WHERE name = $1 AND holder = $2"
            ),
        }
    };
}
const SQLITE: Statements = statements!(
    "CAST(unixepoch('now', 'subsec') * 1000000 AS INTEGER)",
    "CAST(unixepoch('now', 'subsec') * 1000000 AS INTEGER) + $3"
);
const POSTGRES: Statements =
    statements!("clock_timestamp()", "clock_timestamp() + $3 * interval '1 microsecond'");

fn of(engine: Engine) -> &'static Statements {
    match engine {
        Engine::Sqlite => &SQLITE,
        Engine::Postgres => &POSTGRES,
    }
}

fn microseconds(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

#[async_trait]
impl LockStore for SqlLocks {
    async fn take(&self, name: &str, holder: Uuid, ttl: Duration) -> Result<Option<i64>, Error> {
        let statements = of(self.db.engine());
        // Those who wait ask often; a look costs the others nothing, an attempt to write does.
        let held: i64 = self.db.query(statements.is_held).bind(name).fetch_scalar().await?;
        if held > 0 {
            return Ok(None);
        }
        let take = self.db.query(statements.take).bind(name).bind(holder).bind(microseconds(ttl));
        match take.fetch_optional_scalar().await {
            Ok(token) => Ok(token),
            // A holder writes under this lock just now, or the others crowd.
            Err(error) if matches!(error.kind(), ErrorKind::Busy | ErrorKind::Serialization) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn renew(&self, name: &str, holder: Uuid, ttl: Duration) -> Result<bool, Error> {
        let renew = self.db.query(of(self.db.engine()).renew);
        Ok(renew.bind(name).bind(holder).bind(microseconds(ttl)).execute().await? == 1)
    }

    async fn release(&self, name: &str, holder: Uuid) -> Result<bool, Error> {
        let release = self.db.query("UPDATE locks_held SET holder = NULL WHERE name = $1 AND holder = $2");
        Ok(release.bind(name).bind(holder).execute().await? == 1)
    }

    async fn check_in(&self, tx: &mut Tx<'_>, lease: &Lease) -> Result<bool, Error> {
        let is_postgres = tx.engine() == Engine::Postgres;
        let mut query = tx
            .query("SELECT token FROM locks_held WHERE name = $1 AND token = $2 AND holder = $3")
            .bind(&*lease.name)
            .bind(lease.token)
            .bind(lease.holder);
        // Whoever comes next waits for the end of this transaction. SQLite has one writer at a time anyway.
        if is_postgres {
            query = query.push(" FOR SHARE");
        }
        Ok(query.fetch_optional_scalar::<i64>().await?.is_some())
    }
}
