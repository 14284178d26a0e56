//! Connecting, limits, losses and shutting down.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use gravity_core::db::{Database, DatabaseConfig, Durability, Engine, ErrorKind, Shards};
use gravity_core::testing::db::{Backend, TestDatabase, each, each_with};

#[tokio::test]
async fn wrong_urls_are_explained_and_never_repeated() {
    let cases = [
        ("mysql://u:s3cret@h/d", "scheme is unknown"),
        ("app.db", "no scheme"),
        ("sqlite://", "names no file"),
        ("sqlite://a.db?s3cret=1", "parameter that is unknown"),
        ("postgres://u:s3cret@h:port/d", "percent-encoded"),
        ("postgres://u:s3#cret@h/d", ""),
    ];
    for (url, reason) in cases {
        let error = Database::connect(url).await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains(reason), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
    }
    let error = Database::connect("sqlite:///no/such/folder/a.db").await.unwrap_err();
    assert!(error.to_string().contains("folder"), "{error}");
    let config = DatabaseConfig::new().with_acquire_timeout(Duration::from_millis(300));
    let error = Database::connect_with("postgres://u:s3cret@127.0.0.1:1/d", config).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::ConnectionLost | ErrorKind::PoolTimeout), "{error}");
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}

#[tokio::test]
async fn sqlite_is_set_up_for_a_service() {
    let config = DatabaseConfig::new().with_durability(Durability::Full);
    let test = TestDatabase::create(Backend::File, &config).await.unwrap();
    let db = test.database();
    assert_eq!(db.query("PRAGMA journal_mode").fetch_scalar::<String>().await.unwrap(), "wal");
    assert_eq!(db.query("PRAGMA foreign_keys").fetch_scalar::<i64>().await.unwrap(), 1);
    assert_eq!(db.query("PRAGMA synchronous").fetch_scalar::<i64>().await.unwrap(), 2);
    assert_eq!(db.query("PRAGMA busy_timeout").fetch_scalar::<i64>().await.unwrap(), 5000);
    test.remove().await;
}

#[tokio::test]
async fn a_database_in_memory_is_one_and_stays() {
    let db = Database::connect("sqlite::memory:").await.unwrap();
    let other = Database::connect("sqlite::memory:").await.unwrap();
    db.query("CREATE TABLE t (n INTEGER)").execute().await.unwrap();
    assert!(other.query("SELECT * FROM t").execute().await.is_err(), "two databases share their tables");
    let tasks: Vec<_> = (0..50_i64)
        .map(|n| {
            let db = db.clone();
            tokio::spawn(async move { db.query("INSERT INTO t VALUES ($1)").bind(n).execute().await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    // Even when the pool loses its connection.
    db.sqlite().unwrap().acquire().await.unwrap().close().await.unwrap();
    assert_eq!(db.query("SELECT count(*) FROM t").fetch_scalar::<i64>().await.unwrap(), 50);
}

#[tokio::test]
async fn a_pool_in_use_up_says_so_in_time() {
    let config = DatabaseConfig::new().with_max_connections(1).with_acquire_timeout(Duration::from_secs(1));
    each_with(&config, async |db| {
        let busy = db.clone();
        db.transaction(async |_| {
            // A task of its own is outside the transaction, so nothing but the timeout stops it.
            let other = busy.clone();
            let error = tokio::spawn(async move { other.query("SELECT 1").execute().await })
                .await
                .unwrap()
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::PoolTimeout, "{error}");
            assert!(error.is_retryable());
            Ok::<_, gravity_core::db::Error>(())
        })
        .await
        .unwrap();
        db.ping().await.unwrap();
    })
    .await;
}

/// Runs for minutes unless it is stopped.
const SLOW: &str = "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 900000000)
     SELECT count(*) FROM s WHERE n % 7 = 8";

#[tokio::test]
async fn slow_statements_are_stopped() {
    let config = DatabaseConfig::new().with_statement_timeout(Duration::from_secs(1));
    each_with(&config, async |db| {
        let start = Instant::now();
        let error = db.query(SLOW).fetch_scalar::<i64>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        assert!(start.elapsed() < Duration::from_secs(20));
        db.query("CREATE TABLE t (n BIGINT)").execute().await.unwrap();
        let error = db
            .transaction(async |tx| {
                tx.query("INSERT INTO t VALUES (1)").execute().await?;
                tx.query(SLOW).fetch_scalar::<i64>().await
            })
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        // A statement that SQLite stops while it writes takes the transaction with it.
        let insert = "INSERT INTO t WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 900000000) SELECT n FROM s";
        let error = db.transaction(async |tx| tx.query(insert).execute().await).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        for _ in 0..12 {
            db.transaction(async |tx| tx.query("INSERT INTO t VALUES (2)").execute().await).await.unwrap();
        }
        assert_eq!(db.query("SELECT count(*) FROM t").fetch_scalar::<i64>().await.unwrap(), 12);
    })
    .await;
}

#[tokio::test]
async fn a_lost_connection_is_reported_and_replaced() {
    let config = DatabaseConfig::new().with_max_connections(1);
    let Some(test) = TestDatabase::create(Backend::Postgres, &config).await else {
        return;
    };
    let db = test.database();
    let error = db
        .transaction(async |tx| {
            tx.query("SELECT 1").execute().await?;
            tx.query("SELECT pg_terminate_backend(pg_backend_pid())").execute().await?;
            tx.query("SELECT 1").execute().await
        })
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error:?}");
    assert!(!error.is_retryable());
    db.ping().await.unwrap();
    db.transaction(async |tx| tx.query("SELECT 1").execute().await).await.unwrap();
    test.remove().await;
}

#[tokio::test]
async fn timeouts_and_name_reach_the_server() {
    let config = DatabaseConfig::new()
        .with_application_name("notes")
        .with_statement_timeout(Duration::from_secs(7))
        .with_lock_timeout(Duration::from_millis(150))
        .with_idle_in_transaction_timeout(Duration::from_secs(50));
    let Some(test) = TestDatabase::create(Backend::Postgres, &config).await else {
        return;
    };
    let db = test.database();
    let name: String = db.query("SELECT current_setting('application_name')").fetch_scalar().await.unwrap();
    assert_eq!(name, "notes");
    let timeout: String =
        db.query("SELECT current_setting('statement_timeout')").fetch_scalar().await.unwrap();
    assert_eq!(timeout, "7s");
    let idle = db.query("SELECT current_setting('idle_in_transaction_session_timeout')");
    assert_eq!(idle.fetch_scalar::<String>().await.unwrap(), "50s");
    let held = db.clone();
    let error = db
        .transaction(async |tx| {
            tx.query("SELECT pg_advisory_xact_lock(1)").execute().await?;
            let other = held.clone();
            tokio::spawn(async move { other.query("SELECT pg_advisory_xact_lock(1)").execute().await })
                .await
                .unwrap()
        })
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
    test.remove().await;
}

#[tokio::test]
async fn closing_is_final_and_debug_output_holds_no_password() {
    each(async |db| {
        assert!(db.ping().await.unwrap() < Duration::from_secs(5));
        assert!(!db.is_closed());
        let text = format!("{db:?}");
        assert!(text.contains("Database") && !text.contains("postgres@"), "{text}");
        db.close().await;
        assert!(db.is_closed());
        assert_eq!(db.ping().await.unwrap_err().kind(), ErrorKind::Closed);
        let error = db.transaction(async |tx| tx.query("SELECT 1").execute().await).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Closed);
    })
    .await;
}

async fn named(name: &'static str) -> Database {
    let db = Database::connect("sqlite::memory:").await.unwrap();
    db.query("CREATE TABLE name (name TEXT NOT NULL)").execute().await.unwrap();
    db.query("INSERT INTO name VALUES ($1)").bind(name).execute().await.unwrap();
    db
}

async fn name_of(db: &Database) -> String {
    db.query("SELECT name FROM name").fetch_scalar().await.unwrap()
}

#[tokio::test]
async fn reads_go_to_replicas_in_turn_but_never_inside_a_transaction() {
    let db = named("primary").await;
    assert_eq!(name_of(db.read()).await, "primary");
    let db = db.with_replicas(vec![named("a").await, named("b").await]).unwrap();
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(name_of(db.read()).await);
    }
    assert_eq!(seen, ["a", "b", "a", "b"]);
    assert_eq!(name_of(&db).await, "primary");
    let error = db.transaction(async |_| db.read().query("SELECT 1").execute().await).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InsideTransaction);
    db.close().await;
    assert!(db.read().is_closed());
    if let Some(test) = TestDatabase::create(Backend::Postgres, &DatabaseConfig::default()).await {
        assert_eq!(test.database().engine(), Engine::Postgres);
        let error = named("x").await.with_replicas(vec![test.database()]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        test.remove().await;
    }
}

#[tokio::test]
async fn a_key_always_leads_to_the_same_shard() {
    assert!(Shards::new(Vec::new()).is_none());
    let shards = Shards::new(vec![named("0").await, named("1").await, named("2").await]).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for user in 0..50 {
        let key = format!("user-{user}");
        let name = name_of(shards.of(&key)).await;
        assert_eq!(name, name_of(shards.clone().of(&key)).await);
        seen.insert(name);
    }
    assert_eq!(seen.len(), shards.all().len());
    // Rows are found by this for years: it must not change.
    assert_eq!(name_of(shards.of("user-1")).await, "2");
}

#[tokio::test]
async fn a_test_that_panics_leaves_no_database() {
    use futures_util::FutureExt as _;

    let made = std::sync::Mutex::new(Vec::new());
    let run = each(async |db| {
        made.lock().unwrap().push(db);
        panic!("a test failed");
    });
    assert!(std::panic::AssertUnwindSafe(run).catch_unwind().await.is_err());
    let made = made.into_inner().unwrap();
    // It ran on the other back ends all the same.
    assert!(made.len() >= 2);
    for db in &made {
        assert!(db.is_closed());
        if let Some(pool) = db.sqlite() {
            assert!(!pool.connect_options().get_filename().exists());
        }
    }
    let Some(test) = TestDatabase::create(Backend::Postgres, &DatabaseConfig::default()).await else {
        return;
    };
    let db = test.database();
    for gone in made.iter().filter_map(Database::postgres) {
        let options = gone.connect_options();
        let count: i64 = db
            .query("SELECT count(*) FROM pg_database WHERE datname = $1")
            .bind(options.get_database())
            .fetch_scalar()
            .await
            .unwrap();
        assert_eq!(count, 0);
    }
    test.remove().await;
}
