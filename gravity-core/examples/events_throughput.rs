//! How many events a second are recorded and delivered, and how soon, on a SQLite file and on `DATABASE_URL`:
//! `cargo run --release -p gravity-core --features sqlite,postgres --example events_throughput`.
#![allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "a program that prints figures")]

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gravity_core::Clock;
use gravity_core::db::Database;
use gravity_core::events::{
    Draft, EventNode, EventStore as _, NodeConfig, Outbox, SqlEvents, Start, Subscriber,
};

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Counted {
    number: usize,
}

impl gravity_core::events::Event for Counted {
    const NAME: &'static str = "bench.counted";
}

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let events = std::env::args().nth(1).map_or(Ok(50_000), |events| events.parse())?;
    let file = std::env::temp_dir().join(format!("events_throughput_{}.db", std::process::id()));
    measure(&format!("sqlite://{}", file.display()), events).await?;
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    }
    if let Ok(url) = std::env::var("DATABASE_URL") {
        measure(&url, events).await?;
    }
    Ok(())
}

async fn measure(url: &str, events: usize) -> Outcome<()> {
    let db = Database::connect(url).await?;
    let store = SqlEvents::new(&db).await?;
    for delete in ["DELETE FROM events_subscribers", "DELETE FROM events_inbox", "DELETE FROM events_log"] {
        db.query(delete).execute().await?;
    }
    let outbox = Outbox::new(store.clone(), "/bench", Clock::system())?;
    println!("{}: {events} events", db.engine());
    store.register("bench", Start::Beginning).await?;

    let draft = |number: usize| Draft::new(Counted { number }).about(format!("key {}", number % 1_000));
    let began = Instant::now();
    for number in 0..1_000 {
        outbox.send(draft(number)).await?;
    }
    report("recorded one by one", 1_000, began);
    let began = Instant::now();
    for from in (1_000..events).step_by(256) {
        let batch = (from..events.min(from + 256)).map(|number| outbox.prepare(draft(number)));
        outbox.send_all(&batch.collect::<Result<Vec<_>, _>>()?).await?;
    }
    report("recorded by 256", events.saturating_sub(1_000), began);

    let handled = Arc::new(AtomicUsize::new(0));
    let count = handled.clone();
    let subscriber = Subscriber::<SqlEvents>::new("bench").with_batch(128).on::<Counted>(move |_, _| {
        count.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(()) })
    });
    let began = Instant::now();
    let node = EventNode::new(store.clone(), Clock::system(), NodeConfig::new()).with_subscriber(subscriber);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(node.run_until(async { drop(stopped.await) }));
    while handled.load(Ordering::Relaxed) < events {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    report("delivered", events, began);

    let mut waits = Vec::new();
    for number in 0..200 {
        // Long enough for the node to be idle.
        tokio::time::sleep(Duration::from_millis(20 + number as u64 % 30)).await;
        let began = Instant::now();
        let goal = handled.load(Ordering::Relaxed) + 1;
        outbox.send(draft(number)).await?;
        while handled.load(Ordering::Relaxed) < goal {
            tokio::task::yield_now().await;
        }
        waits.push(began.elapsed());
    }
    waits.sort_unstable();
    println!("  from recording to the handler: p50 {:.1?}, p99 {:.1?}", waits[100], waits[197]);
    drop(stop);
    running.await??;
    Ok(())
}

fn report(what: &str, events: usize, began: Instant) {
    println!("  {what}: {:.0} a second", events as f64 / began.elapsed().as_secs_f64());
}
