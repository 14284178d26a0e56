//! The same queries with sqlx alone and with `Database`.

use anyhow::{Result, bail, ensure};
use gravity_core::db::{Database, DatabaseConfig};
use sqlx::{FromRow, PgPool, SqlitePool};

#[derive(FromRow)]
struct Note {
    id: i64,
    title: String,
    stars: i64,
}

const TABLE: &str =
    "CREATE TEMPORARY TABLE notes (id BIGINT PRIMARY KEY, title TEXT NOT NULL, stars BIGINT NOT NULL)";
const FILL: &str = "INSERT INTO notes (id, title, stars) VALUES ($1, $2, $3)";
const ONE: &str = "SELECT id, title, stars FROM notes WHERE id = $1";
const HUNDRED: &str = "SELECT id, title, stars FROM notes WHERE id <= $1 ORDER BY id LIMIT 100";
const TITLE: &str = "Water the plants";

/// Runs a query that many times on one connection.
pub(crate) fn run(case: &str, query: &str, times: i64) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (engine, by) = case.split_once('-').unwrap_or_default();
        let url =
            if engine == "sqlite" { "sqlite::memory:".to_owned() } else { std::env::var("DATABASE_URL")? };
        // Both get the pool that `Database` makes, so that the settings of the connection are the same.
        let config = DatabaseConfig::new().with_max_connections(1);
        let db = Database::connect_with(&url, config).await?;
        match (by, db.sqlite(), db.postgres()) {
            ("gravity", ..) => gravity(&db, query, times).await,
            ("bare", Some(pool), _) => sqlite(pool, query, times).await,
            ("bare", _, Some(pool)) => postgres(pool, query, times).await,
            _ => bail!("no such case: {case}"),
        }
    })
}

async fn gravity(db: &Database, query: &str, times: i64) -> Result<()> {
    db.query(TABLE).execute().await?;
    for id in 1..=100_i64 {
        db.query(FILL).bind(id).bind(TITLE).bind(5_i64).execute().await?;
    }
    for turn in 0..times {
        match query {
            "one" => check(&[db.query(ONE).bind(turn % 100 + 1).fetch_one().await?], 1)?,
            "hundred" => check(&db.query(HUNDRED).bind(100_i64).fetch_all().await?, 100)?,
            _ => ensure!(db.query(FILL).bind(turn + 1000).bind(TITLE).bind(5_i64).execute().await? == 1),
        }
    }
    Ok(())
}

macro_rules! bare {
    ($name:ident, $pool:ty) => {
        async fn $name(pool: &$pool, query: &str, times: i64) -> Result<()> {
            sqlx::query(TABLE).execute(pool).await?;
            for id in 1..=100_i64 {
                sqlx::query(FILL).bind(id).bind(TITLE).bind(5_i64).execute(pool).await?;
            }
            for turn in 0..times {
                match query {
                    "one" => check(&[sqlx::query_as(ONE).bind(turn % 100 + 1).fetch_one(pool).await?], 1)?,
                    "hundred" => check(&sqlx::query_as(HUNDRED).bind(100_i64).fetch_all(pool).await?, 100)?,
                    _ => {
                        let done =
                            sqlx::query(FILL).bind(turn + 1000).bind(TITLE).bind(5_i64).execute(pool).await?;
                        ensure!(done.rows_affected() == 1);
                    }
                }
            }
            Ok(())
        }
    };
}

bare!(sqlite, SqlitePool);
bare!(postgres, PgPool);

fn check(notes: &[Note], count: usize) -> Result<()> {
    ensure!(
        notes.len() == count
            && notes.iter().all(|note| note.id > 0 && note.title == TITLE && note.stars == 5)
    );
    Ok(())
}
