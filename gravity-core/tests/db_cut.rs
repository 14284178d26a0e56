//! Transactions that are given up at any moment leave no connection behind that is in one.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::pin::pin;
use std::task::Poll;

use gravity_core::db::{Database, DatabaseConfig, Error};
use gravity_core::testing::db::{Backend, TestDatabase};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_after_a_cut_is_seen_by_others() {
    for backend in [Backend::File, Backend::Postgres] {
        let config = DatabaseConfig::default().with_max_connections(1);
        let Some(test) = TestDatabase::create(backend, &config).await else { continue };
        let (db, other) = (test.database(), Database::connect(test.url()).await.unwrap());
        db.query("CREATE TABLE marks (number BIGINT NOT NULL)").execute().await.unwrap();
        for number in 0..120_i64 {
            let writing = db.transaction(async |tx| {
                tx.query("INSERT INTO marks (number) VALUES (-1)").execute().await?;
                Ok::<_, Error>(())
            });
            given_up(writing, usize::try_from(number % 12).unwrap()).await;
            db.query("INSERT INTO marks (number) VALUES ($1)").bind(number).execute().await.unwrap();
            let seen = other.query("SELECT COUNT(*) FROM marks WHERE number = $1").bind(number);
            let seen: i64 = seen.fetch_scalar().await.unwrap();
            assert_eq!(seen, 1, "{} after {} polls", backend.name(), number % 12);
        }
        other.close().await;
        test.remove().await;
    }
}

/// Lets a future go on so often, and drops it then.
async fn given_up(future: impl Future<Output = Result<(), Error>>, mut polls: usize) {
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        if polls == 0 {
            return Poll::Ready(());
        }
        polls -= 1;
        future.as_mut().poll(context).map(|done| done.unwrap())
    })
    .await;
}
