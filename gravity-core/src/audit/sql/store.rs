//! [`SqlAudit`]: the store on SQLite and PostgreSQL.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Notify;

use crate::Timestamp;
use crate::audit::{
    AuditFilter, AuditId, AuditStore, Cut, Erasure, Error, Found, Head, Linked, Part, Seal, Stored,
};
use crate::db::{self, Database, Migration, Migrations, Tx};
use crate::page::{Keyset, PageRows, Position};

const MIGRATIONS: Migrations = Migrations::new(
    "audit",
    &[Migration::new(
        1,
        "create audit",
        include_str!("../../../migrations/audit/sqlite/0001_create_audit.sql"),
        include_str!("../../../migrations/audit/postgres/0001_create_audit.sql"),
    )],
);

/// The audit log in the application's own database, SQLite or PostgreSQL, in tables that begin with `audit_`,
/// whose triggers refuse to change or delete what was recorded.
///
/// A clone is another handle to the same store.
#[derive(Clone)]
pub struct SqlAudit {
    pub(super) db: Database,
    pub(super) hint: Arc<Notify>,
}

impl SqlAudit {
    /// The tables' schema, for who applies migrations by other means.
    pub const MIGRATIONS: Migrations = MIGRATIONS;

    /// The store in this database, whose tables it brings up to date.
    pub async fn new(db: &Database) -> Result<Self, db::Error> {
        MIGRATIONS.up(db).await?;
        Ok(Self::migrated(db))
    }

    /// The store in a database whose tables are up to date.
    pub fn migrated(db: &Database) -> Self {
        Self { db: db.clone(), hint: Arc::default() }
    }
}

#[async_trait]
impl AuditStore for SqlAudit {
    type Tx<'c> = Tx<'c>;

    async fn append(&self, tx: &mut Tx<'_>, records: &[Stored]) -> Result<(), Error> {
        self.insert(tx, records).await
    }

    async fn append_alone(&self, records: &[Stored]) -> Result<(), Error> {
        self.db.transaction(async |tx| self.insert(tx, records).await).await
    }

    async fn seal(&self, limit: u32, seal: &Seal<'_>) -> Result<usize, Error> {
        self.link(limit, seal).await
    }

    async fn head(&self) -> Result<Head, Error> {
        super::chain::head(&self.db).await
    }

    async fn cut(&self) -> Result<Option<Cut>, Error> {
        self.last_cut().await
    }

    async fn links(&self, after: i64, to: i64, limit: u32) -> Result<Vec<Linked>, Error> {
        self.read_links(after, to, limit).await
    }

    async fn pending(&self, after: i64, limit: u32) -> Result<Vec<(i64, AuditId, Option<Stored>)>, Error> {
        self.read_pending(after, limit).await
    }

    async fn stray(&self) -> Result<Option<AuditId>, Error> {
        self.find_stray().await
    }

    async fn erasures(&self, of: &[AuditId]) -> Result<Vec<Erasure>, Error> {
        self.read_erasures(of).await
    }

    async fn naming(&self, name: &str, part: Part, limit: u32) -> Result<Vec<AuditId>, Error> {
        self.find_naming(name, part, limit).await
    }

    async fn erase(&self, erasures: &[Erasure]) -> Result<(), Error> {
        self.erase_parts(erasures).await
    }

    async fn position_before(&self, time: Timestamp) -> Result<i64, Error> {
        self.last_before(time).await
    }

    async fn prune(&self, cut: &Cut) -> Result<u64, Error> {
        self.let_go(cut).await
    }

    async fn list(
        &self,
        filter: &AuditFilter,
        order: &Keyset,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Found>, Error> {
        self.page(filter, order, from, limit).await
    }

    async fn get(&self, id: AuditId) -> Result<Option<Found>, Error> {
        self.one(id).await
    }

    async fn hint(&self) {
        self.hint.notified().await;
    }
}

impl fmt::Debug for SqlAudit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlAudit").field("db", &self.db).finish()
    }
}
