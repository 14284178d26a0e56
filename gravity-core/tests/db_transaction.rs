//! Transactions, on every back end.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::FutureExt as _;
use gravity_core::db::{Database, Engine, Error, ErrorKind, Isolation, TransactionConfig, Tx};
use gravity_core::testing::db::each;
use tokio::sync::{Barrier, Notify};

async fn create(db: &Database) {
    db.query("CREATE TABLE counters (id BIGINT PRIMARY KEY, value BIGINT NOT NULL)").execute().await.unwrap();
    db.query("INSERT INTO counters VALUES (1, 0), (2, 0)").execute().await.unwrap();
}

async fn value(db: &Database, id: i64) -> i64 {
    db.query("SELECT value FROM counters WHERE id = $1").bind(id).fetch_scalar().await.unwrap()
}

async fn add(tx: &mut Tx<'_>, id: i64, amount: i64) -> Result<(), Error> {
    tx.query("UPDATE counters SET value = value + $2 WHERE id = $1").bind(id).bind(amount).execute().await?;
    Ok(())
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("mine")]
    Mine,
    #[error("{0}")]
    Database(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

/// What service code looks like: a boxed, `Send` future that borrows its parameters.
#[async_trait::async_trait]
trait Store {
    async fn add_all(&self, ids: &[i64], amount: &str) -> Result<i64, Failure>;
}

#[async_trait::async_trait]
impl Store for Database {
    async fn add_all(&self, ids: &[i64], amount: &str) -> Result<i64, Failure> {
        let amount: i64 = amount.parse().unwrap();
        let sum = self
            .transaction(async |tx| {
                for &id in ids {
                    add(tx, id, amount).await?;
                }
                tx.savepoint(async |tx| add(tx, ids[0], 0).await).await?;
                Ok::<_, Failure>(
                    tx.query("SELECT CAST(sum(value) AS BIGINT) FROM counters").fetch_scalar::<i64>().await?,
                )
            })
            .await?;
        Ok(sum)
    }
}

#[tokio::test]
async fn it_commits_from_a_spawned_task_and_a_boxed_method() {
    each(async |db| {
        create(&db).await;
        let handle = db.clone();
        let spawned = tokio::spawn(async move {
            let ids = vec![1, 2];
            handle.add_all(&ids, "5").await.unwrap();
            handle.transaction(async |tx| add(tx, ids[0], 1).await).await.unwrap();
        });
        spawned.await.unwrap();
        assert_eq!((value(&db, 1).await, value(&db, 2).await), (6, 5));
    })
    .await;
}

#[tokio::test]
async fn errors_and_panics_roll_back() {
    each(async |db| {
        create(&db).await;
        let result = db
            .transaction(async |tx| {
                add(tx, 1, 1).await?;
                Err::<(), _>(Failure::Mine)
            })
            .await;
        assert!(matches!(result, Err(Failure::Mine)));
        let panic = AssertUnwindSafe(db.transaction(async |tx| {
            add(tx, 1, 1).await?;
            assert!(tx.engine() != db.engine(), "a bug");
            Ok::<_, Error>(())
        }))
        .catch_unwind()
        .await;
        assert!(panic.is_err());
        assert_eq!(value(&db, 1).await, 0);
        db.transaction(async |tx| add(tx, 1, 1).await).await.unwrap();
        assert_eq!(value(&db, 1).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_transaction_whose_caller_went_away_rolls_back() {
    each(async |db| {
        create(&db).await;
        for _ in 0..10 {
            let written = Arc::new(Notify::new());
            let (handle, signal) = (db.clone(), Arc::clone(&written));
            let task = tokio::spawn(async move {
                handle
                    .transaction(async |tx| {
                        add(tx, 1, 1).await?;
                        signal.notify_one();
                        std::future::pending::<Result<(), Error>>().await
                    })
                    .await
            });
            written.notified().await;
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
            assert_eq!(value(&db, 1).await, 0);
            db.transaction(async |tx| add(tx, 2, 1).await).await.unwrap();
        }
        assert_eq!(value(&db, 2).await, 10);
    })
    .await;
}

#[tokio::test]
async fn the_database_is_refused_inside_its_own_transaction() {
    each(async |db| {
        create(&db).await;
        let clone = db.clone();
        let alias = Database::clone(&clone);
        db.transaction(async |tx| {
            for other in [&db, &clone, &alias, db.read()] {
                let error = other.query("SELECT 1").execute().await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InsideTransaction);
                let error = other.transaction(async |tx| add(tx, 1, 1).await).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InsideTransaction);
                assert!(other.ping().await.is_err());
            }
            // The transaction itself is none the worse for it.
            add(tx, 1, 1).await
        })
        .await
        .unwrap();
        assert_eq!(value(&db, 1).await, 1);
        // A handle made from the same pool is the same database.
        let same = match db.engine() {
            Engine::Sqlite => Database::from(db.sqlite().unwrap().clone()),
            Engine::Postgres => Database::from(db.postgres().unwrap().clone()),
        };
        let refused = db.transaction(async |_| same.query("SELECT 1").execute().await).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InsideTransaction);
        // Another database is not, and inside of that one this one still is.
        let other = Database::connect("sqlite::memory:").await.unwrap();
        db.transaction(async |_| {
            other
                .transaction(async |tx| {
                    tx.query("SELECT 1").execute().await?;
                    assert_eq!(db.ping().await.unwrap_err().kind(), ErrorKind::InsideTransaction);
                    Ok::<_, Error>(())
                })
                .await
        })
        .await
        .unwrap();
    })
    .await;
}

#[tokio::test]
async fn savepoints_undo_their_own_part() {
    each(async |db| {
        create(&db).await;
        db.transaction(async |tx| {
            add(tx, 1, 1).await?;
            let duplicate = tx
                .savepoint(async |tx| {
                    add(tx, 1, 10).await?;
                    tx.savepoint(async |tx| add(tx, 1, 100).await).await?;
                    tx.query("INSERT INTO counters VALUES (1, 1)").execute().await
                })
                .await
                .unwrap_err();
            assert_eq!(duplicate.kind(), ErrorKind::UniqueViolation);
            tx.savepoint(async |tx| add(tx, 1, 1000).await).await?;
            // One that is dropped half-way is undone too.
            let half = tx.savepoint(async |tx| {
                add(tx, 1, 10_000).await?;
                std::future::pending::<Result<(), Error>>().await
            });
            assert!(tokio::time::timeout(std::time::Duration::from_millis(50), half).await.is_err());
            add(tx, 1, 1).await
        })
        .await
        .unwrap();
        assert_eq!(value(&db, 1).await, 1002);
    })
    .await;
}

#[tokio::test]
async fn a_swallowed_error_does_not_commit() {
    each(async |db| {
        create(&db).await;
        let error = db
            .transaction(async |tx| {
                add(tx, 1, 1).await?;
                let _ = tx.query("INSERT INTO counters VALUES (1, 1)").execute().await;
                let next = add(tx, 1, 1).await.unwrap_err();
                assert_eq!(next.kind(), ErrorKind::TransactionFailed);
                Ok::<_, Error>(())
            })
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TransactionFailed);
        assert_eq!(value(&db, 1).await, 0);
        // What never reached the engine is no reason to fail.
        db.transaction(async |tx| {
            let none = tx.query("SELECT 1 WHERE 1 = 0").fetch_one::<(i32,)>().await;
            assert_eq!(none.unwrap_err().kind(), ErrorKind::NotFound);
            add(tx, 1, 1).await
        })
        .await
        .unwrap();
        assert_eq!(value(&db, 1).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn contended_reads_then_writes_all_succeed() {
    each(async |db| {
        create(&db).await;
        let config = TransactionConfig::new().with_isolation(Isolation::Serializable).with_max_attempts(200);
        let tasks = (0..16).map(|_| {
            let (db, config) = (db.clone(), config.clone());
            tokio::spawn(async move {
                for _ in 0..50 {
                    db.transaction_with(config.clone(), async |tx| {
                        let old: i64 =
                            tx.query("SELECT value FROM counters WHERE id = 1").fetch_scalar().await?;
                        tx.query("UPDATE counters SET value = $1 WHERE id = 1").bind(old + 1).execute().await
                    })
                    .await
                    .unwrap();
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        assert_eq!(value(&db, 1).await, 800);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn collisions_are_repeated_and_bounded() {
    each(async |db| {
        if db.engine() != Engine::Postgres {
            return;
        }
        create(&db).await;
        // Two that lock in opposite order deadlock; the one that the server kills is repeated.
        let barrier = Arc::new(Barrier::new(2));
        let attempts = Arc::new(AtomicU32::new(0));
        let task = |first: i64, second: i64| {
            let (db, barrier, attempts) = (db.clone(), Arc::clone(&barrier), Arc::clone(&attempts));
            tokio::spawn(async move {
                db.transaction(async |tx| {
                    let attempt = attempts.fetch_add(1, Ordering::SeqCst);
                    add(tx, first, 1).await?;
                    if attempt < 2 {
                        barrier.wait().await;
                    }
                    add(tx, second, 1).await
                })
                .await
            })
        };
        let (one, two) = (task(1, 2), task(2, 1));
        one.await.unwrap().unwrap();
        two.await.unwrap().unwrap();
        // The server may have killed both.
        assert!(attempts.load(Ordering::SeqCst) >= 3);
        assert_eq!((value(&db, 1).await, value(&db, 2).await), (2, 2));

        // One that always collides gives up, with the collision as its error.
        let tries = AtomicU32::new(0);
        let config = TransactionConfig::new().with_max_attempts(3);
        let error = db
            .transaction_with(config, async |tx| {
                tries.fetch_add(1, Ordering::SeqCst);
                tx.query("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$").execute().await
            })
            .await
            .unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Serialization, true));
        assert_eq!(tries.load(Ordering::SeqCst), 3);
    })
    .await;
}

#[tokio::test]
async fn a_transaction_of_the_caller_is_joined_and_never_ended() {
    each(async |db| {
        create(&db).await;
        for commit in [false, true] {
            let before = value(&db, 1).await;
            match db.engine() {
                Engine::Sqlite => {
                    let mut own = db.sqlite().unwrap().begin_with("BEGIN IMMEDIATE").await.unwrap();
                    use_case(&mut Tx::join_sqlite(&mut own).unwrap()).await;
                    if commit { own.commit().await } else { own.rollback().await }.unwrap();
                    let mut bare = db.sqlite().unwrap().acquire().await.unwrap();
                    assert!(Tx::join_sqlite(&mut bare).is_err());
                }
                Engine::Postgres => {
                    let mut own = db.postgres().unwrap().begin().await.unwrap();
                    use_case(&mut Tx::join_postgres(&mut own).unwrap()).await;
                    if commit { own.commit().await } else { own.rollback().await }.unwrap();
                    let mut bare = db.postgres().unwrap().acquire().await.unwrap();
                    assert!(Tx::join_postgres(&mut bare).is_err());
                }
            }
            assert_eq!(value(&db, 1).await - before, if commit { 2 } else { 0 });
        }
    })
    .await;
}

async fn use_case(tx: &mut Tx<'_>) {
    add(tx, 1, 1).await.unwrap();
    tx.savepoint(async |tx| add(tx, 1, 1).await).await.unwrap();
    let undone = tx
        .savepoint(async |tx| {
            add(tx, 1, 50).await?;
            Err::<(), _>(Failure::Mine)
        })
        .await;
    assert!(matches!(undone, Err(Failure::Mine)));
}

#[tokio::test]
async fn a_transaction_that_only_reads_sees_one_state_and_leaves_writers_alone() {
    each(async |db| {
        if db.sqlite().is_some_and(|pool| pool.options().get_max_connections() == 1) {
            return;
        }
        create(&db).await;
        let config = TransactionConfig::new().read_only().with_isolation(Isolation::RepeatableRead);
        let handle = db.clone();
        db.transaction_with(config, async |tx| {
            let before: i64 = tx.query("SELECT value FROM counters WHERE id = 1").fetch_scalar().await?;
            let writer = handle.clone();
            tokio::spawn(async move { writer.transaction(async |tx| add(tx, 1, 1).await).await })
                .await
                .unwrap()?;
            let after: i64 = tx.query("SELECT value FROM counters WHERE id = 1").fetch_scalar().await?;
            assert_eq!(before, after);
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
        assert_eq!(value(&db, 1).await, 1);
    })
    .await;
}
