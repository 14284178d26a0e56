//! What the suite needs of a store: transactions.

use std::future::Future;

use crate::audit::{AuditEntry, AuditLog, AuditStore, MemoryAudit};
use crate::events::MemoryEvents;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::audit::{Error, SqlAudit};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::db::Database;

/// A store under test, with transactions.
pub trait Bench: Clone + Send + Sync + 'static {
    /// The store.
    type Store: AuditStore;

    /// A handle to the store.
    fn store(&self) -> Self::Store;

    /// Records entries in one transaction, which commits or is rolled back.
    fn record(
        &self,
        log: &AuditLog<Self::Store>,
        entries: Vec<AuditEntry>,
        commits: bool,
    ) -> impl Future<Output = ()> + Send;
}

/// The store in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryBench(MemoryAudit);

impl MemoryBench {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Bench for MemoryBench {
    type Store = MemoryAudit;

    fn store(&self) -> MemoryAudit {
        self.0.clone()
    }

    async fn record(&self, log: &AuditLog<MemoryAudit>, entries: Vec<AuditEntry>, commits: bool) {
        let log = log.clone();
        let outcome = MemoryEvents::new()
            .transaction(async move |tx| {
                for entry in entries {
                    log.record_in(tx, entry).await.unwrap();
                }
                if commits { Ok(()) } else { Err("no") }
            })
            .await;
        assert_eq!(outcome.is_ok(), commits);
    }
}

/// The store in a database.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
#[derive(Debug, Clone)]
pub struct SqlBench {
    db: Database,
    store: SqlAudit,
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl SqlBench {
    /// One in this database, which holds nothing of an earlier one afterwards.
    ///
    /// # Panics
    ///
    /// When the database fails.
    pub async fn new(db: &Database) -> Self {
        for drop in [
            "DROP TABLE IF EXISTS audit_records",
            "DROP TABLE IF EXISTS audit_pending",
            "DROP TABLE IF EXISTS audit_chain",
            "DROP TABLE IF EXISTS audit_head",
            "DROP TABLE IF EXISTS audit_cuts",
            "DROP TABLE IF EXISTS audit_erasures",
            "DROP TABLE IF EXISTS audit_migrations",
        ] {
            db.query(drop).execute().await.unwrap();
        }
        if db.engine() == crate::db::Engine::Postgres {
            for drop in [
                "DROP FUNCTION IF EXISTS audit_enqueue",
                "DROP FUNCTION IF EXISTS audit_refuse",
                "DROP FUNCTION IF EXISTS audit_guard_update",
                "DROP FUNCTION IF EXISTS audit_guard_delete",
            ] {
                db.query(drop).execute().await.unwrap();
            }
        }
        Self { db: db.clone(), store: SqlAudit::new(db).await.unwrap() }
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl Bench for SqlBench {
    type Store = SqlAudit;

    fn store(&self) -> SqlAudit {
        self.store.clone()
    }

    async fn record(&self, log: &AuditLog<SqlAudit>, entries: Vec<AuditEntry>, commits: bool) {
        let outcome = self
            .db
            .transaction(async |tx| {
                for entry in entries.clone() {
                    log.record_in(tx, entry).await?;
                }
                if commits { Ok(()) } else { Err(Error::Store("no".into())) }
            })
            .await;
        assert_eq!(outcome.is_ok(), commits, "{outcome:?}");
    }
}
