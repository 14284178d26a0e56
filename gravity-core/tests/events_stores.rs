//! The suite of events on every store.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gravity_core::testing::db::each;
use gravity_core::testing::events::{Load, MemoryBench, SqlBench, run_load, suite};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory() {
    suite(|| async { MemoryBench::new() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn databases() {
    each(async |db| suite(|| SqlBench::new(&db)).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_events_in_memory() {
    run_load(MemoryBench::new(), Load::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_events_in_databases() {
    each(async |db| {
        run_load(SqlBench::new(&db).await, Load::default()).await;
    })
    .await;
}
