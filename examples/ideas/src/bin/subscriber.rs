//! A subscriber: mail is written once for each order, however often the program is killed in between.
#![allow(clippy::print_stdout, reason = "it says what it has done")]

use gravity_core::Clock;
use gravity_core::db::Database;
use gravity_core::events::{
    Draft, Error, Event, EventNode, NodeConfig, Outbox, SqlEvents, Start, Subscriber,
};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
struct OrderPlaced {
    order: i64,
    email: String,
}

impl Event for OrderPlaced {
    const NAME: &'static str = "order.placed";
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = Database::connect("sqlite::memory:").await?;
    db.query("CREATE TABLE orders (id INTEGER PRIMARY KEY) STRICT").execute().await?;
    db.query("CREATE TABLE mails (recipient TEXT NOT NULL) STRICT").execute().await?;
    let store = SqlEvents::new(&db).await?;
    let outbox = Outbox::new(store.clone(), "/orders", Clock::system())?;

    // The order and the event are there together, or neither is.
    for order in 1..=3 {
        db.transaction(async |tx| {
            tx.query("INSERT INTO orders (id) VALUES ($1)").bind(order).execute().await?;
            let placed = OrderPlaced { order, email: format!("customer{order}@example.org") };
            outbox.publish(tx, Draft::new(placed).about(format!("order_{order}"))).await?;
            Ok::<_, Error>(())
        })
        .await?;
    }

    // What it writes on `tx` is committed together with the note that the event was handled.
    let mailer =
        Subscriber::<SqlEvents>::new("mailer").starting(Start::Beginning).on::<OrderPlaced>(|event, tx| {
            Box::pin(async move {
                tx.query("INSERT INTO mails (recipient) VALUES ($1)")
                    .bind(&event.data.email)
                    .execute()
                    .await?;
                Ok(())
            })
        });
    let node = EventNode::new(store, Clock::system(), NodeConfig::new()).with_subscriber(mailer);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(node.run_until(async { drop(stopped.await) }));
    let mails = async || -> Result<Vec<String>, Error> {
        Ok(db.query("SELECT recipient FROM mails ORDER BY recipient").fetch_all_scalars().await?)
    };
    while mails().await?.len() < 3 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    drop(stop);
    running.await??;
    println!("mail for {}", mails().await?.join(", "));
    Ok(())
}
