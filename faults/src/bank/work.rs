//! A worker process of the bank.

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gravity_core::Clock;
use gravity_core::db::{Database, DatabaseConfig};
use gravity_core::events::{EventNode, NodeConfig, Outbox, SqlEvents};
use gravity_core::jobs::{Jobs, SqlJobs};
use gravity_core::testing::faults::{Dice, Note, Worker};
use tokio::task::JoinSet;

use super::publish::pay;
use super::subscribe::{Desk, archive, auditor, clerk, teller};
use super::{Sabotage, Settings};

/// How many pay at once.
const PAYERS: u64 = 2;

/// Pays and serves until it is told to leave.
pub(crate) async fn work(worker: Worker) -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env();
    tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|_| "warn".into()))
        .with_writer(std::io::stderr)
        .init();
    let settings: Settings = worker.settings();
    let line = worker.line("database").map(|line| line.to_string()).unwrap_or_default();
    let db = connect(&worker, &settings.url.replace("{line}", &line)).await;
    let store = SqlEvents::migrated(&db);
    let Ok(outbox) = Outbox::new(store.clone(), "/bank", Clock::system()) else {
        return ExitCode::FAILURE;
    };
    let job_store = SqlJobs::migrated(&db);
    let jobs = Jobs::new(job_store.clone(), Clock::system());
    worker.ledger().note(Note::Ready);
    let chance = Dice::new(std::process::id().into()).roll();
    let mut payers = JoinSet::new();
    for number in 0..PAYERS {
        let dice = Dice::new(chance ^ number);
        payers.spawn(pay(worker.clone(), db.clone(), outbox.clone(), jobs.clone(), dice, settings.sabotage));
    }
    let calm = worker.clone();
    let ledger = tokio::spawn(async move {
        payers.join_all().await;
        calm.ledger().note(Note::Calm);
    });
    let desk = Desk {
        worker: worker.clone(),
        db: db.clone(),
        outbox,
        dice: Arc::new(Mutex::new(Dice::new(!chance))),
        sabotage: settings.sabotage,
        held: Arc::new(Mutex::new(HashMap::new())),
    };
    tokio::join!(serve(&worker, &store, &settings, &desk), labour(&worker, &job_store, &settings, &desk));
    // One that leaves in the middle of the load pays no more, and what it has begun it ends.
    let _ = ledger.await;
    if settings.sabotage != Some(Sabotage::Beside) {
        db.close().await;
    }
    worker.ledger().note(Note::Left);
    ExitCode::SUCCESS
}

/// Runs the subscribers until the worker is to leave. A node cannot start while its database is away.
async fn serve(worker: &Worker, store: &SqlEvents, settings: &Settings, desk: &Desk) {
    let config = || {
        NodeConfig::new()
            .with_lease(Duration::from_millis(settings.lease))
            .with_poll(Duration::from_millis(100))
    };
    let node = || {
        EventNode::new(store.clone(), Clock::system(), config())
            .with_subscriber(teller(desk.clone()))
            .with_subscriber(auditor(desk.clone()))
            .with_subscriber(clerk(desk.clone()))
            .with_subscriber(archive(desk.clone()))
    };
    while let Err(error) = node().run_until(worker.until_leave()).await {
        worker.ledger().note(Note::Said { what: format!("a node could not start: {error}") });
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Does jobs until the worker is to leave.
async fn labour(worker: &Worker, store: &SqlJobs, settings: &Settings, desk: &Desk) {
    let lease = Duration::from_millis(settings.lease);
    let node = || super::jobs::node(store.clone(), desk.clone(), lease);
    while let Err(error) = node().run_until(worker.until_leave()).await {
        worker.ledger().note(Note::Said { what: format!("a node of jobs could not start: {error}") });
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Connects, as often as it takes.
async fn connect(worker: &Worker, url: &str) -> Database {
    let config = DatabaseConfig::new()
        .with_max_connections(8)
        .with_acquire_timeout(Duration::from_secs(2))
        .with_statement_timeout(None)
        .with_lock_timeout(Duration::from_secs(2))
        .with_idle_in_transaction_timeout(Duration::from_secs(1))
        .with_busy_timeout(Duration::from_secs(2));
    loop {
        match Database::connect_with(url, config.clone()).await {
            Ok(db) => return db,
            Err(error) => {
                worker.ledger().note(Note::Said { what: format!("no connection: {error}") });
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
        }
    }
}
