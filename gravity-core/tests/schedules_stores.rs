//! The suite of schedules on every store.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gravity_core::jobs::{MemoryJobs, SqlJobs};
use gravity_core::schedules::{MemorySchedules, SqlSchedules};
use gravity_core::testing::db::each;
use gravity_core::testing::schedules::suite;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory() {
    suite(|| async { MemorySchedules::new(&MemoryJobs::new()) }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn databases() {
    each(async |db| {
        suite(|| async {
            let jobs = SqlJobs::new(&db).await.unwrap();
            let store = SqlSchedules::new(&jobs).await.unwrap();
            for delete in ["DELETE FROM schedules", "DELETE FROM jobs", "DELETE FROM jobs_uniques"] {
                db.query(delete).execute().await.unwrap();
            }
            store
        })
        .await;
    })
    .await;
}
