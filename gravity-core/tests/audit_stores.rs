//! The suite of the audit log on every store.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "testing"))]

use gravity_core::testing::audit::{MemoryBench, SqlBench, suite};
use gravity_core::testing::db::each;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory() {
    suite(|| async { MemoryBench::new() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn databases() {
    each(async |db| suite(|| SqlBench::new(&db)).await).await;
}
