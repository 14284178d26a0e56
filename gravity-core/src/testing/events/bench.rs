//! What the suite needs of a store: transactions, and a place for effects.

use std::future::Future;
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::db::{Database, Tx};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::events::SqlEvents;
use crate::events::{Envelope, Error, EventStore, MemoryEvents, MemoryTx};

/// Something that a handler wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The key of the event.
    pub key: String,
    /// What it was about, in the order of events of a key.
    pub number: i64,
}

/// A store under test, with a place for what handlers write in its transactions.
pub trait Bench: Clone + Send + Sync + 'static {
    /// The store.
    type Store: EventStore;

    /// A handle to the store. A second one stands for another node's.
    fn store(&self) -> Self::Store;

    /// Writes an effect in a transaction.
    fn write<'a>(
        &self,
        tx: &'a mut <Self::Store as EventStore>::Tx<'_>,
        effect: Effect,
    ) -> BoxFuture<'a, Result<(), Error>>;

    /// All effects that were committed, in the order in which they were written.
    fn effects(&self) -> impl Future<Output = Vec<Effect>> + Send;

    /// How many there are.
    fn written(&self) -> impl Future<Output = usize> + Send;

    /// Records events in a transaction, and rolls it back.
    fn record_in_vain(&self, events: Vec<Envelope>) -> impl Future<Output = ()> + Send;
}

/// The store in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryBench {
    store: MemoryEvents,
    effects: Arc<Mutex<Vec<Effect>>>,
}

impl MemoryBench {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Bench for MemoryBench {
    type Store = MemoryEvents;

    fn store(&self) -> MemoryEvents {
        self.store.clone()
    }

    fn write<'a>(&self, tx: &'a mut MemoryTx<'_>, effect: Effect) -> BoxFuture<'a, Result<(), Error>> {
        let effects = self.effects.clone();
        tx.on_commit(move || effects.lock().unwrap().push(effect));
        Box::pin(async { Ok(()) })
    }

    async fn effects(&self) -> Vec<Effect> {
        self.effects.lock().unwrap().clone()
    }

    async fn written(&self) -> usize {
        self.effects.lock().unwrap().len()
    }

    async fn record_in_vain(&self, events: Vec<Envelope>) {
        let store = self.store.clone();
        let rolled_back = self
            .store
            .transaction(async move |tx| {
                store.append(tx, &events).await.unwrap();
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
    store: SqlEvents,
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl SqlBench {
    /// One in this database, which holds nothing of an earlier one afterwards.
    ///
    /// # Panics
    ///
    /// When the database fails.
    pub async fn new(db: &Database) -> Self {
        let store = SqlEvents::new(db).await.unwrap();
        db.query("DROP TABLE IF EXISTS effects").execute().await.unwrap();
        let create = match db.engine() {
            crate::db::Engine::Sqlite => {
                "CREATE TABLE effects (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, number INTEGER NOT NULL)"
            }
            crate::db::Engine::Postgres => {
                "CREATE TABLE effects (id bigserial PRIMARY KEY, key text NOT NULL, number bigint NOT NULL)"
            }
        };
        db.query(create).execute().await.unwrap();
        for delete in ["DELETE FROM events_subscribers", "DELETE FROM events_inbox", "DELETE FROM events_log"]
        {
            db.query(delete).execute().await.unwrap();
        }
        Self { db: db.clone(), store }
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl Bench for SqlBench {
    type Store = SqlEvents;

    fn store(&self) -> SqlEvents {
        self.store.clone()
    }

    fn write<'a>(&self, tx: &'a mut Tx<'_>, effect: Effect) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            tx.query("INSERT INTO effects (key, number) VALUES ($1, $2)")
                .bind(effect.key)
                .bind(effect.number)
                .execute()
                .await?;
            Ok(())
        })
    }

    async fn effects(&self) -> Vec<Effect> {
        let rows: Vec<(String, i64)> =
            self.db.query("SELECT key, number FROM effects ORDER BY id").fetch_all().await.unwrap();
        rows.into_iter().map(|(key, number)| Effect { key, number }).collect()
    }

    async fn written(&self) -> usize {
        let count: i64 = self.db.query("SELECT COUNT(*) FROM effects").fetch_scalar().await.unwrap();
        usize::try_from(count).unwrap()
    }

    async fn record_in_vain(&self, events: Vec<Envelope>) {
        let rolled_back: Result<(), Error> = self
            .db
            .transaction(async |tx| {
                self.store.append(tx, &events).await?;
                Err(Error::UnknownSubscriber)
            })
            .await;
        assert!(matches!(rolled_back, Err(Error::UnknownSubscriber)), "{rolled_back:?}");
    }
}
