//! The suite of a store, on every store of the crate.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use {{crate}}::MemoryStore;
use {{crate}}::testing::store::suite;

#[tokio::test]
async fn memory() {
    suite(MemoryStore::default()).await;
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
#[tokio::test]
async fn every_database() {
    use {{crate}}::SqlStore;

    gravity_core::testing::db::each(async |db| suite(SqlStore::new(db).await.unwrap()).await).await;
}
