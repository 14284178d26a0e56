//! What the suite needs of a store: transactions, and a place for effects.

use std::future::Future;
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::db::{Database, Tx};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::jobs::SqlJobs;
use crate::jobs::{Error, JobStore, MemoryJobs, MemoryTx, NewJob};

/// A store under test, with a place for what workers write in its transactions.
pub trait Bench: Clone + Send + Sync + 'static {
    /// The store.
    type Store: JobStore;

    /// A handle to the store. A second one stands for another node's.
    fn store(&self) -> Self::Store;

    /// Writes an effect in a transaction.
    fn write<'a>(
        &self,
        tx: &'a mut <Self::Store as JobStore>::Tx<'_>,
        number: i64,
    ) -> BoxFuture<'a, Result<(), Error>>;

    /// All effects that were committed, in the order in which they were written.
    fn effects(&self) -> impl Future<Output = Vec<i64>> + Send;

    /// Enqueues jobs in a transaction, and rolls it back.
    fn enqueue_in_vain(&self, jobs: Vec<NewJob>) -> impl Future<Output = ()> + Send;
}

/// The store in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryBench {
    store: MemoryJobs,
    effects: Arc<Mutex<Vec<i64>>>,
}

impl MemoryBench {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Bench for MemoryBench {
    type Store = MemoryJobs;

    fn store(&self) -> MemoryJobs {
        self.store.clone()
    }

    fn write<'a>(&self, tx: &'a mut MemoryTx<'_>, number: i64) -> BoxFuture<'a, Result<(), Error>> {
        let effects = self.effects.clone();
        tx.on_commit(move || effects.lock().unwrap().push(number));
        Box::pin(async { Ok(()) })
    }

    async fn effects(&self) -> Vec<i64> {
        self.effects.lock().unwrap().clone()
    }

    async fn enqueue_in_vain(&self, jobs: Vec<NewJob>) {
        let store = self.store.clone();
        let rolled_back = self
            .store
            .transaction(async move |tx| {
                store.enqueue(tx, &jobs).await.unwrap();
                Err::<(), _>("no")
            })
            .await;
        assert!(rolled_back.is_err());
    }
}

/// The store in a database.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
#[derive(Debug, Clone)]
pub struct SqlBench {
    db: Database,
    store: SqlJobs,
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl SqlBench {
    /// One in this database, which holds nothing of an earlier one afterwards.
    ///
    /// # Panics
    ///
    /// When the database fails.
    pub async fn new(db: &Database) -> Self {
        let store = SqlJobs::new(db).await.unwrap();
        db.query("DROP TABLE IF EXISTS effects").execute().await.unwrap();
        let create = match db.engine() {
            crate::db::Engine::Sqlite => {
                "CREATE TABLE effects (id INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER NOT NULL)"
            }
            crate::db::Engine::Postgres => {
                "CREATE TABLE effects (id bigserial PRIMARY KEY, number bigint NOT NULL)"
            }
        };
        db.query(create).execute().await.unwrap();
        for delete in [
            "DELETE FROM jobs",
            "DELETE FROM jobs_uniques",
            "DELETE FROM jobs_nodes",
            "DELETE FROM jobs_rates",
        ] {
            db.query(delete).execute().await.unwrap();
        }
        Self { db: db.clone(), store }
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl Bench for SqlBench {
    type Store = SqlJobs;

    fn store(&self) -> SqlJobs {
        self.store.clone()
    }

    fn write<'a>(&self, tx: &'a mut Tx<'_>, number: i64) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            tx.query("INSERT INTO effects (number) VALUES ($1)").bind(number).execute().await?;
            Ok(())
        })
    }

    async fn effects(&self) -> Vec<i64> {
        self.db.query("SELECT number FROM effects ORDER BY id").fetch_all_scalars().await.unwrap()
    }

    async fn enqueue_in_vain(&self, jobs: Vec<NewJob>) {
        let rolled_back: Result<(), Error> = self
            .db
            .transaction(async |tx| {
                self.store.enqueue(tx, &jobs).await?;
                Err(Error::NotFound)
            })
            .await;
        assert!(matches!(rolled_back, Err(Error::NotFound)), "{rolled_back:?}");
    }
}
