//! [`SqlStore`]: SQLite and PostgreSQL from one text.

use async_trait::async_trait;
use gravity_core::db::{Database, Error, Migration, Migrations};
use gravity_core::page::{PageRows, Position};
use gravity_core::{Subject, Timestamp};

use super::{ItemStore, NEWEST, place};
use crate::{Item, ItemId, {{Type}}Error};

/// Keeps items in the table `{{snake}}_items`.
#[derive(Debug, Clone)]
pub struct SqlStore {
    db: Database,
}

impl SqlStore {
    /// The steps of the schema, for those who run migrations by other means.
    pub const MIGRATIONS: Migrations = Migrations::new(
        "{{snake}}",
        &[Migration::new(
            1,
            "create items",
            include_str!("../../migrations/sqlite/0001_create_items.sql"),
            include_str!("../../migrations/postgres/0001_create_items.sql"),
        )],
    );

    /// A store on this database, whose tables it brings up to date.
    pub async fn new(db: Database) -> Result<Self, Error> {
        Self::MIGRATIONS.up(&db).await?;
        Ok(Self { db })
    }
}

type Row = (ItemId, Subject, String, Timestamp);

fn item((id, owner, name, created_at): Row) -> Item {
    Item { id, owner, name, created_at }
}

#[async_trait]
impl ItemStore for SqlStore {
    async fn add(&self, item: &Item) -> Result<(), {{Type}}Error> {
        self.db
            .query("INSERT INTO {{snake}}_items (id, owner, name, created_at) VALUES ($1, $2, $3, $4)")
            .bind(item.id)
            .bind(&item.owner)
            .bind(&item.name)
            .bind(item.created_at)
            .execute()
            .await?;
        Ok(())
    }

    async fn find(&self, owner: &Subject, id: ItemId) -> Result<Option<Item>, {{Type}}Error> {
        let row = self
            .db
            .query("SELECT id, owner, name, created_at FROM {{snake}}_items WHERE id = $1 AND owner = $2")
            .bind(id)
            .bind(owner)
            .fetch_optional()
            .await?;
        Ok(row.map(item))
    }

    async fn remove(&self, owner: &Subject, id: ItemId) -> Result<bool, {{Type}}Error> {
        let query = self.db.query("DELETE FROM {{snake}}_items WHERE id = $1 AND owner = $2");
        Ok(query.bind(id).bind(owner).execute().await? == 1)
    }

    async fn newest(
        &self,
        owner: &Subject,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Item>, {{Type}}Error> {
        let rows: Vec<Row> = self
            .db
            .query("SELECT id, owner, name, created_at FROM {{snake}}_items WHERE owner = $1")
            .bind(owner)
            .push_page(&NEWEST, from, limit)
            .fetch_all()
            .await?;
        Ok(NEWEST.cut(rows.into_iter().map(item).collect(), from, limit, place))
    }
}
