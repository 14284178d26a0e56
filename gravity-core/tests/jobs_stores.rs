//! The suite of jobs on every store.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gravity_core::testing::db::each;
use gravity_core::testing::jobs::{MemoryBench, SqlBench, run_history, suite};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory() {
    suite(|| async { MemoryBench::new() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn databases() {
    each(async |db| suite(|| SqlBench::new(&db)).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_histories_are_those_of_the_model() {
    each(async |db| {
        for seed in 0..25 {
            run_history(SqlBench::new(&db).await, seed, 120).await;
        }
    })
    .await;
}
