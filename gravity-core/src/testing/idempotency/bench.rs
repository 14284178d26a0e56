//! What the suite needs of a store: transactions.

use std::future::Future;

use crate::Timestamp;
use crate::events::MemoryEvents;
use crate::idempotency::{Claim, Error, IdempotencyStore, MemoryIdempotency};

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::db::Database;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::idempotency::SqlIdempotency;

/// A store under test, with transactions.
pub trait Bench: Clone + Send + Sync + 'static {
    /// The store.
    type Store: IdempotencyStore;

    /// A handle to the store.
    fn store(&self) -> Self::Store;

    /// Keeps an answer in a transaction, which commits or is rolled back.
    fn complete_in(
        &self,
        claim: Claim,
        answer: &'static [u8],
        expires_at: Timestamp,
        commits: bool,
    ) -> impl Future<Output = Result<(), Error>> + Send;
}

/// The store in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryBench(MemoryIdempotency);

impl MemoryBench {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Bench for MemoryBench {
    type Store = MemoryIdempotency;

    fn store(&self) -> MemoryIdempotency {
        self.0.clone()
    }

    async fn complete_in(
        &self,
        claim: Claim,
        answer: &'static [u8],
        expires_at: Timestamp,
        commits: bool,
    ) -> Result<(), Error> {
        let store = self.0.clone();
        MemoryEvents::new()
            .transaction(async move |tx| {
                store.complete_in(tx, claim, answer, expires_at).await?;
                if commits { Ok(()) } else { Err(Error::Store("no".into())) }
            })
            .await
    }
}

/// The store in a database.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
#[derive(Debug, Clone)]
pub struct SqlBench {
    db: Database,
    store: SqlIdempotency,
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl SqlBench {
    /// One in this database, which holds nothing of an earlier one afterwards.
    ///
    /// # Panics
    ///
    /// When the database fails.
    pub async fn new(db: &Database) -> Self {
        let store = SqlIdempotency::new(db).await.unwrap();
        db.query("DELETE FROM idempotency_keys").execute().await.unwrap();
        Self { db: db.clone(), store }
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl Bench for SqlBench {
    type Store = SqlIdempotency;

    fn store(&self) -> SqlIdempotency {
        self.store.clone()
    }

    async fn complete_in(
        &self,
        claim: Claim,
        answer: &'static [u8],
        expires_at: Timestamp,
        commits: bool,
    ) -> Result<(), Error> {
        self.db
            .transaction(async |tx| {
                self.store.complete_in(tx, claim, answer, expires_at).await?;
                if commits { Ok(()) } else { Err(Error::Store("no".into())) }
            })
            .await
    }
}
