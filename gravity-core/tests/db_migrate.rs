//! Migrations, on every back end.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::task::Poll;

use gravity_core::db::{
    Database, DatabaseConfig, Engine, Error, ErrorKind, Executor, Migration, MigrationState, Migrations,
};
use gravity_core::testing::db::{Backend, TestDatabase, each};

const CREATE: Migration = Migration::new(
    1,
    "create boxes",
    "CREATE TABLE boxes (id INTEGER PRIMARY KEY); CREATE TABLE lids (id INTEGER PRIMARY KEY); -- done",
    "CREATE TABLE boxes (id bigint PRIMARY KEY); CREATE TABLE lids (id bigint PRIMARY KEY); -- done",
);
const FILL: Migration = Migration::new(
    2,
    "it's filled",
    "INSERT INTO boxes VALUES (1), (2)",
    "INSERT INTO boxes VALUES (1), (2)",
);
const EXTEND: Migration = Migration::new(
    3,
    "extend",
    "ALTER TABLE boxes ADD COLUMN size INTEGER; ALTER TABLE lids ADD COLUMN size INTEGER",
    "ALTER TABLE boxes ADD COLUMN size bigint; ALTER TABLE lids ADD COLUMN size bigint",
);
const ONE: Migrations = Migrations::new("boxes", &[CREATE]);
const ALL: Migrations = Migrations::new("boxes", &[CREATE, FILL, EXTEND]);
const BROKEN: Migrations = Migrations::new(
    "boxes",
    &[CREATE, FILL, Migration::new(3, "half", "DELETE FROM boxes; NONSENSE", "DELETE FROM boxes; NONSENSE")],
);
const CHANGED: Migrations =
    Migrations::new("boxes", &[CREATE, Migration::new(2, "filled", "SELECT 1", "SELECT 1"), EXTEND]);
const OTHER: Migrations = Migrations::new(
    "other",
    &[Migration::new(1, "x", "CREATE TABLE other_x (id INTEGER)", "CREATE TABLE other_x (id bigint)")],
);

async fn boxes(db: &Database) -> i64 {
    db.query("SELECT count(*) FROM boxes").fetch_scalar().await.unwrap()
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Migration, "{error}");
    error.to_string()
}

#[tokio::test]
async fn steps_are_applied_once_in_order() {
    each(async |db| {
        let status = ALL.status(&db).await.unwrap();
        assert!(status.iter().all(|step| step.state == MigrationState::Pending));
        assert_eq!(ONE.up(&db).await.unwrap().len(), 1);
        let names: Vec<_> = ALL.up(&db).await.unwrap().iter().map(Migration::name).collect();
        assert_eq!(names, ["it's filled", "extend"]);
        assert!(ALL.up(&db).await.unwrap().is_empty());
        let status = ALL.status(&db).await.unwrap();
        assert!(status.iter().all(
            |step| matches!(step.state, MigrationState::Applied(at) if at.as_seconds() > 1_700_000_000)
        ));
        assert_eq!(boxes(&db).await, 2);
        // Each crate has a ledger of its own.
        assert_eq!(OTHER.up(&db).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_step_that_fails_leaves_the_ones_before_it() {
    each(async |db| {
        let text = refusal(BROKEN.up(&db).await);
        assert!(text.contains("step 3 (`half`) failed"), "{text}");
        assert_eq!(boxes(&db).await, 2, "half a step was kept");
        assert_eq!(ALL.up(&db).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_newer_database_a_change_and_a_gap_are_refused() {
    each(async |db| {
        ALL.up(&db).await.unwrap();
        assert!(refusal(ONE.up(&db).await).contains("newer than this program"));
        assert!(refusal(ONE.status(&db).await).contains("newer than this program"));
        assert!(refusal(CHANGED.up(&db).await).contains("was changed after"));
        db.query("DELETE FROM boxes_migrations WHERE version = 2").execute().await.unwrap();
        assert!(refusal(ALL.up(&db).await).contains("gap"));
    })
    .await;
}

#[tokio::test]
async fn what_others_applied_is_recorded() {
    each(async |db| {
        // A schema that was made by other means.
        for sql in ["CREATE TABLE boxes (id BIGINT PRIMARY KEY)", "CREATE TABLE lids (id BIGINT PRIMARY KEY)"]
        {
            db.query(sql).execute().await.unwrap();
        }
        assert!(refusal(ALL.record(&db, 9).await).contains("no step 9"));
        assert_eq!(ALL.record(&db, 1).await.unwrap().len(), 1);
        assert_eq!(ALL.up(&db).await.unwrap().len(), 2);
        assert_eq!(boxes(&db).await, 2);
    })
    .await;
}

#[tokio::test]
async fn the_printed_script_does_what_up_does() {
    each(async |db| {
        let script = sqlx::AssertSqlSafe(ALL.sql(db.engine()));
        match db.engine() {
            Engine::Sqlite => drop(sqlx::raw_sql(script).execute(db.sqlite().unwrap()).await.unwrap()),
            Engine::Postgres => drop(sqlx::raw_sql(script).execute(db.postgres().unwrap()).await.unwrap()),
        }
        assert!(ALL.up(&db).await.unwrap().is_empty());
        assert_eq!(boxes(&db).await, 2);
    })
    .await;
}

#[tokio::test]
async fn it_lives_beside_the_migrations_of_sqlx() {
    each(async |db| {
        // The table that sqlx keeps for the application, with a step of its own numbered 1.
        let mut on = Executor::from(&db);
        on.query(
            "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on TIMESTAMP
             NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum TEXT NOT NULL, execution_time BIGINT NOT NULL)",
        )
        .execute()
        .await
        .unwrap();
        on.query("INSERT INTO _sqlx_migrations VALUES (1, 'app', CURRENT_TIMESTAMP, true, 'x', 1)").execute().await.unwrap();
        assert_eq!(ALL.up(&db).await.unwrap().len(), 3);
        let theirs: Vec<i64> = on.query("SELECT version FROM _sqlx_migrations").fetch_all_scalars().await.unwrap();
        assert_eq!(theirs, [1]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_nodes_may_start_at_once() {
    for backend in [Backend::File, Backend::Postgres] {
        let config = DatabaseConfig::new().with_max_connections(2);
        let Some(test) = TestDatabase::create(backend, &config).await else {
            continue;
        };
        // A new file, so that the nodes also race to open it.
        let url = test.url().replace("test.db", "raced.db");
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let (url, config) = (url.clone(), config.clone());
                tokio::spawn(async move {
                    let db = Database::connect_with(&url, config).await?;
                    let applied = ALL.up(&db).await?.len();
                    db.close().await;
                    Ok::<_, Error>(applied)
                })
            })
            .collect();
        let mut applied = 0;
        for task in tasks {
            applied += task.await.unwrap().unwrap();
        }
        assert_eq!(applied, 3, "{}", backend.name());
        let db = Database::connect(&url).await.unwrap();
        assert_eq!(boxes(&db).await, 2);
        db.close().await;
        test.remove().await;
    }
}

#[tokio::test]
async fn a_node_that_died_in_the_middle_is_no_obstacle() {
    each(async |db| {
        // Wherever the first node was cut off, the next one goes on.
        for polls in 1..60 {
            let node = ALL.up(&db);
            let mut node = std::pin::pin!(node);
            for _ in 0..polls {
                let poll =
                    std::future::poll_fn(|context| Poll::Ready(node.as_mut().poll(context).is_ready()));
                if poll.await {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        ALL.up(&db).await.unwrap();
        assert_eq!(boxes(&db).await, 2);
    })
    .await;
}
