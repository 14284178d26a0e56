//! The suite of a store, on every store of the crate.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gravity_auth::MemoryStore;
use gravity_auth::testing::store::{random_histories, suite};

/// How many random histories each store is told.
const HISTORIES: u64 = 1_000;

#[tokio::test]
async fn memory() {
    let store = MemoryStore::default();
    suite(store.clone(), async |id| store.events().iter().any(|event| event.id == id)).await;
}

#[tokio::test]
async fn memory_by_random_histories() {
    random_histories(MemoryStore::default(), HISTORIES / 10).await;
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql {
    use gravity_auth::SqlStore;
    use gravity_core::testing::db::each;

    use super::{HISTORIES, random_histories, suite};

    #[tokio::test(flavor = "multi_thread")]
    async fn every_database() {
        each(async |db| {
            let recorded = async |id: gravity_core::events::EventId| {
                let query = db.query("SELECT count(*) FROM events_log WHERE id = $1").bind(id);
                query.fetch_scalar::<i64>().await.unwrap() == 1
            };
            suite(SqlStore::new(db.clone()).await.unwrap(), recorded).await;
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_database_by_random_histories() {
        each(async |db| random_histories(SqlStore::new(db).await.unwrap(), HISTORIES).await).await;
    }
}
