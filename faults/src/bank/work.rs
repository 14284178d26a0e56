//! A worker process of the bank.

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gravity_core::Clock;
use gravity_core::db::{Database, DatabaseConfig};
use gravity_core::events::{EventNode, NodeConfig, Outbox, SqlEvents};
use gravity_core::jobs::{Jobs, SqlJobs};
use gravity_core::lock::{Locks, RedisLocks, SqlLocks};
use gravity_core::redis::Redis;
use gravity_core::testing::faults::{Dice, Note, Worker};
use tokio::task::JoinSet;

use super::keep::keep;
use super::publish::pay;
use super::subscribe::{Desk, archive, auditor, clerk, teller};
use super::{Sabotage, Settings, bells, far};

/// Where this bank's events come from.
pub(super) const SOURCE: &str = "/bank";

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
    let db = connect(&worker, &by_lines(&worker, &settings.url)).await;
    let store = SqlEvents::migrated(&db);
    let Ok(outbox) = Outbox::new(store.clone(), SOURCE, Clock::system()) else {
        return ExitCode::FAILURE;
    };
    let mut other = None;
    if let Some(bank) = &settings.far {
        let Ok(redis) = far::redis(&by_lines(&worker, &bank.redis), &bank.prefix) else {
            return ExitCode::FAILURE;
        };
        other = Some((redis, connect(&worker, &by_lines(&worker, &bank.url)).await));
    }
    let lease = Duration::from_millis(settings.lease);
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
    let locks = match &other {
        Some((redis, _)) => Locks::new(RedisLocks::new(redis.clone())),
        None => Locks::new(SqlLocks::migrated(&db)),
    };
    let redis = other.as_ref().map(|(redis, _)| redis);
    let hear = async {
        if let Some((redis, bank)) = &other {
            far::serve(&desk, redis, bank, lease).await;
        }
    };
    tokio::join!(
        serve(&worker, &store, redis, lease, &desk),
        labour(&worker, &job_store, lease, &desk),
        bells::node(&job_store).run_until(worker.until_leave()),
        keep(&desk, &locks, lease),
        hear,
    );
    // One that leaves in the middle of the load pays no more, and what it has begun it ends.
    let _ = ledger.await;
    if settings.sabotage != Some(Sabotage::Beside) {
        db.close().await;
    }
    if let Some((_, bank)) = other {
        bank.close().await;
    }
    worker.ledger().note(Note::Left);
    ExitCode::SUCCESS
}

/// Runs the subscribers until the worker is to leave. A node cannot start while its database is away.
async fn serve(worker: &Worker, store: &SqlEvents, redis: Option<&Redis>, lease: Duration, desk: &Desk) {
    let config = || NodeConfig::new().with_lease(lease).with_poll(Duration::from_millis(100));
    let node = || {
        let node = EventNode::new(store.clone(), Clock::system(), config())
            .with_subscriber(teller(desk.clone()))
            .with_subscriber(auditor(desk.clone()))
            .with_subscriber(clerk(desk.clone()))
            .with_subscriber(archive(desk.clone()));
        match redis {
            Some(redis) => node.with_subscriber(far::bridge(redis)),
            None => node,
        }
    };
    while let Err(error) = node().run_until(worker.until_leave()).await {
        worker.ledger().note(Note::Said { what: format!("a node could not start: {error}") });
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Does jobs until the worker is to leave.
async fn labour(worker: &Worker, store: &SqlJobs, lease: Duration, desk: &Desk) {
    let node = || super::jobs::node(store.clone(), desk.clone(), lease);
    while let Err(error) = node().run_until(worker.until_leave()).await {
        worker.ledger().note(Note::Said { what: format!("a node of jobs could not start: {error}") });
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A URL with the beginnings of the worker's own lines in it.
fn by_lines(worker: &Worker, url: &str) -> String {
    ["database", "redis"].into_iter().fold(url.to_owned(), |url, name| match worker.line(name) {
        Some(line) => url.replace(&format!("{{{name}}}"), &line.to_string()),
        None => url,
    })
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
