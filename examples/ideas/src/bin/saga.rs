//! A saga: work of several steps that ends whole or not at all. Here the card is refused, and the stock is given back.
#![allow(clippy::print_stdout, reason = "it says what it has done")]

use gravity_core::Clock;
use gravity_core::db::Database;
use gravity_core::jobs::{Failure, JobNode, NodeConfig, Queue, SqlJobs};
use gravity_core::sagas::{Saga, Sagas, SqlSagas, Step, Steps};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct PlaceOrder {
    card: String,
}

impl Saga for PlaceOrder {
    const NAME: &'static str = "order.place";
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = Database::connect("sqlite::memory:").await?;
    db.query("CREATE TABLE stock (reserved INTEGER NOT NULL) STRICT").execute().await?;
    db.query("INSERT INTO stock (reserved) VALUES (0)").execute().await?;
    let jobs = SqlJobs::new(&db).await?;

    // It writes in the transaction of its checkpoint: it happens once, and is undone once.
    let reserve = Step::<PlaceOrder, SqlSagas>::in_tx("reserve", |state, _, tx| {
        Box::pin(async move {
            tx.query("UPDATE stock SET reserved = reserved + 1").execute().await?;
            println!("one is reserved");
            Ok(state)
        })
    })
    .undone_in_tx(|state, _, tx| {
        Box::pin(async move {
            tx.query("UPDATE stock SET reserved = reserved - 1").execute().await?;
            println!("it is given back");
            Ok(state)
        })
    });
    // It calls others, who know by `step.token` when they are asked again.
    let pay = Step::new("pay", |state: PlaceOrder, _step| async move {
        if state.card == "refused" {
            return Err(Failure::new("the bank refuses the card").give_up());
        }
        Ok(state)
    });
    let steps = Steps::<PlaceOrder, SqlSagas>::new().then(reserve).then(pay);
    let sagas = Sagas::new(SqlSagas::new(&jobs).await?, Clock::system()).with(steps)?.build();
    let id = sagas.start(&PlaceOrder { card: "refused".into() }).await?;

    let node = JobNode::new(jobs, Clock::system(), NodeConfig::new())
        .with_queue(Queue::new("sagas"))
        .with_worker(sagas.worker());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(node.run_until(async { drop(stopped.await) }));
    loop {
        let saga = sagas.get(id).await?;
        if saga.finished_at.is_some() {
            println!("the order is {:?}", saga.status);
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    drop(stop);
    running.await??;
    let reserved: i64 = db.query("SELECT reserved FROM stock").fetch_scalar().await?;
    assert_eq!(reserved, 0, "nothing is left reserved");
    Ok(())
}
