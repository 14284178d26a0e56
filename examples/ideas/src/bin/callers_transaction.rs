//! The caller's transaction: an application that uses sqlx has a job and an event written in its own transaction, with
//! its own rows. All of it is there, or nothing is.
#![allow(clippy::print_stdout, reason = "it says what it has done")]

use gravity_core::Clock;
use gravity_core::db::{Database, Tx};
use gravity_core::events::{Draft, Event, Outbox, SqlEvents};
use gravity_core::jobs::{Job, Jobs, SqlJobs};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
struct OrderPlaced {
    order: i64,
}

impl Event for OrderPlaced {
    const NAME: &'static str = "order.placed";
}

#[derive(Serialize, Deserialize)]
struct SendReceipt {
    order: i64,
}

impl Job for SendReceipt {
    const KIND: &'static str = "receipt.send";
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::temp_dir().join(format!("gravity-caller-{}.db", std::process::id()));
    let url = format!("sqlite://{}", file.display());
    let db = Database::connect(&url).await?;
    let outbox = Outbox::new(SqlEvents::new(&db).await?, "/shop", Clock::system())?;
    let jobs = Jobs::new(SqlJobs::new(&db).await?, Clock::system());

    // The application's own pool and table, on the same database.
    let pool = sqlx::SqlitePool::connect(&url).await?;
    sqlx::query("CREATE TABLE orders (id INTEGER PRIMARY KEY)").execute(&pool).await?;
    for (order, goes_well) in [(1_i64, true), (2, false)] {
        let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("INSERT INTO orders (id) VALUES (?)").bind(order).execute(&mut *transaction).await?;
        let mut tx = Tx::join_sqlite(&mut transaction)?;
        outbox.publish(&mut tx, Draft::new(OrderPlaced { order }).about(format!("order_{order}"))).await?;
        jobs.enqueue_in(&mut tx, SendReceipt { order }).await?;
        if goes_well {
            transaction.commit().await?;
        } else {
            transaction.rollback().await?;
        }
    }
    let count = async |table: &'static str| -> Result<i64, gravity_core::db::Error> {
        db.query("SELECT count(*) FROM ").push(table).fetch_scalar().await
    };
    let found = (count("orders").await?, count("events_log").await?, count("jobs").await?);
    println!("orders, events, jobs: {found:?}");
    assert_eq!(found, (1, 1, 1), "of the one that was rolled back there is nothing");
    pool.close().await;
    std::fs::remove_file(file)?;
    Ok(())
}
