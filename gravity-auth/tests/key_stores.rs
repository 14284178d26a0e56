//! The suite of a store of keys, on every store of the crate.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gravity_auth::jwt::MemoryKeyStore;
use gravity_auth::testing::keys::suite;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory() {
    suite(MemoryKeyStore::default()).await;
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_database() {
    use gravity_auth::jwt::SqlKeyStore;

    gravity_core::testing::db::each(async |db| suite(SqlKeyStore::new(&db).await.unwrap()).await).await;
}
