//! What the suite needs of a store: transactions, and a place for effects.

use std::future::Future;
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::db::{Database, Tx};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::jobs::SqlJobs;
use crate::jobs::{Failure, MemoryJobs, MemoryTx};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::sagas::SqlSagas;
use crate::sagas::{Error, MemorySagas, Saga, SagaId, SagaStore, Sagas};

/// A store under test, with a place for what steps write in its transactions.
pub trait Bench: Clone + Send + Sync + 'static {
    /// The store.
    type Store: SagaStore;

    /// A handle to the store. A second one stands for another node's.
    fn store(&self) -> Self::Store;

    /// Writes an effect in a transaction.
    fn write<'a>(
        &self,
        tx: &'a mut <Self::Store as SagaStore>::Tx<'_>,
        effect: String,
    ) -> BoxFuture<'a, Result<(), Failure>>;

    /// All effects that were committed, in the order in which they were written.
    fn effects(&self) -> impl Future<Output = Vec<String>> + Send;

    /// Begins a saga in a transaction, which is rolled back or not.
    fn start<T: Saga>(
        &self,
        sagas: &Sagas<Self::Store>,
        state: T,
        commits: bool,
    ) -> impl Future<Output = Option<SagaId>> + Send;
}

/// The store in memory.
#[derive(Debug, Clone)]
pub struct MemoryBench {
    jobs: MemoryJobs,
    store: MemorySagas,
    effects: Arc<Mutex<Vec<String>>>,
}

impl MemoryBench {
    /// An empty one.
    pub fn new() -> Self {
        let jobs = MemoryJobs::new();
        Self { store: MemorySagas::new(&jobs), jobs, effects: Arc::default() }
    }
}

impl Default for MemoryBench {
    fn default() -> Self {
        Self::new()
    }
}

impl Bench for MemoryBench {
    type Store = MemorySagas;

    fn store(&self) -> MemorySagas {
        self.store.clone()
    }

    fn write<'a>(&self, tx: &'a mut MemoryTx<'_>, effect: String) -> BoxFuture<'a, Result<(), Failure>> {
        let effects = self.effects.clone();
        tx.on_commit(move || effects.lock().unwrap().push(effect));
        Box::pin(async { Ok(()) })
    }

    async fn effects(&self) -> Vec<String> {
        self.effects.lock().unwrap().clone()
    }

    async fn start<T: Saga>(&self, sagas: &Sagas<MemorySagas>, state: T, commits: bool) -> Option<SagaId> {
        let sagas = sagas.clone();
        let started = self
            .jobs
            .transaction(async move |tx| {
                let id = sagas.start_in(tx, &state).await?;
                if commits { Ok(id) } else { Err(Error::Fenced) }
            })
            .await;
        started.ok()
    }
}

/// The store in a database.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
#[derive(Debug, Clone)]
pub struct SqlBench {
    db: Database,
    store: SqlSagas,
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl SqlBench {
    /// One in this database, which holds nothing of an earlier one afterwards.
    ///
    /// # Panics
    ///
    /// When the database fails.
    pub async fn new(db: &Database) -> Self {
        let store = SqlSagas::new(&SqlJobs::new(db).await.unwrap()).await.unwrap();
        db.query("DROP TABLE IF EXISTS effects").execute().await.unwrap();
        let create = match db.engine() {
            crate::db::Engine::Sqlite => {
                "CREATE TABLE effects (id INTEGER PRIMARY KEY AUTOINCREMENT, effect TEXT NOT NULL)"
            }
            crate::db::Engine::Postgres => {
                "CREATE TABLE effects (id bigserial PRIMARY KEY, effect text NOT NULL)"
            }
        };
        db.query(create).execute().await.unwrap();
        for delete in
            ["DELETE FROM sagas", "DELETE FROM jobs", "DELETE FROM jobs_uniques", "DELETE FROM jobs_nodes"]
        {
            db.query(delete).execute().await.unwrap();
        }
        Self { db: db.clone(), store }
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl Bench for SqlBench {
    type Store = SqlSagas;

    fn store(&self) -> SqlSagas {
        self.store.clone()
    }

    fn write<'a>(&self, tx: &'a mut Tx<'_>, effect: String) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            tx.query("INSERT INTO effects (effect) VALUES ($1)").bind(effect).execute().await?;
            Ok(())
        })
    }

    async fn effects(&self) -> Vec<String> {
        let query = self.db.query("SELECT effect FROM effects ORDER BY id");
        let rows: Vec<(String,)> = query.fetch_all().await.unwrap();
        rows.into_iter().map(|(effect,)| effect).collect()
    }

    async fn start<T: Saga>(&self, sagas: &Sagas<SqlSagas>, state: T, commits: bool) -> Option<SagaId> {
        let state = &state;
        let started = self
            .db
            .transaction(async |tx| {
                let id = sagas.start_in(tx, state).await?;
                if commits { Ok(id) } else { Err(Error::Fenced) }
            })
            .await;
        started.ok()
    }
}
