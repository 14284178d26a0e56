//! [`SqlKeyStore`].

use async_trait::async_trait;
use gravity_core::db::{self, Database, Migration, Migrations};
use gravity_core::{Error, Timestamp};

use super::{KeyRow, KeyStore};

/// Keys in the table `auth_keys`, on SQLite and PostgreSQL.
#[derive(Debug, Clone)]
pub struct SqlKeyStore {
    db: Database,
}

impl SqlKeyStore {
    /// The steps of the schema, for those who run migrations by other means.
    pub const MIGRATIONS: Migrations = Migrations::new(
        "auth_keys",
        &[Migration::new(
            1,
            "create keys",
            include_str!("../../../../migrations/keys/sqlite/0001_create_keys.sql"),
            include_str!("../../../../migrations/keys/postgres/0001_create_keys.sql"),
        )],
    );

    /// A store in this database, whose table it brings up to date.
    pub async fn new(db: &Database) -> Result<Self, db::Error> {
        Self::MIGRATIONS.up(db).await?;
        Ok(Self { db: db.clone() })
    }
}

type Columns = (String, i64, String, String, Vec<u8>, Timestamp, Timestamp);

#[async_trait]
impl KeyStore for SqlKeyStore {
    async fn list(&self, set: &str) -> Result<Vec<KeyRow>, Error> {
        let rows: Vec<Columns> = self
            .db
            .query(
                "SELECT key_set, generation, id, algorithm, sealed, created_at, active_from
                 FROM auth_keys WHERE key_set = $1 ORDER BY generation",
            )
            .bind(set)
            .fetch_all()
            .await?;
        let row = |(set, generation, id, algorithm, sealed, created_at, active_from)| KeyRow {
            set,
            generation,
            id,
            algorithm,
            sealed,
            created_at,
            active_from,
        };
        Ok(rows.into_iter().map(row).collect())
    }

    async fn add(&self, row: &KeyRow) -> Result<bool, Error> {
        let added = self
            .db
            .query(
                "INSERT INTO auth_keys (key_set, generation, id, algorithm, sealed, created_at, active_from)
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
            )
            .bind(&row.set)
            .bind(row.generation)
            .bind(&row.id)
            .bind(&row.algorithm)
            .bind(&row.sealed)
            .bind(row.created_at)
            .bind(row.active_from)
            .execute()
            .await?;
        Ok(added == 1)
    }

    async fn remove(&self, set: &str, generation: i64) -> Result<bool, Error> {
        let query = self.db.query("DELETE FROM auth_keys WHERE key_set = $1 AND generation = $2");
        Ok(query.bind(set).bind(generation).execute().await? == 1)
    }
}
