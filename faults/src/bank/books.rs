//! What the database says of a bank.

use std::collections::HashSet;

use gravity_core::db::{Database, Engine, Error};
use gravity_core::events::{EventStore as _, SqlEvents};
use gravity_core::jobs::{JobStore as _, SqlJobs};
use gravity_core::testing::faults::{Books, Consumer, Effect, Fact};

use super::jobs::WORKERS;
use super::schema::Stores;
use super::subscribe::SUBSCRIBERS;

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// What is left to do; `None` when nothing is. So many processes are there.
pub(crate) async fn left(stores: &Stores, processes: usize) -> Option<String> {
    let left = match events_left(&stores.events, processes).await {
        Ok(None) => jobs_left(&stores.jobs, processes).await,
        left => left,
    };
    left.unwrap_or_else(|error| Some(format!("the database does not answer: {error}")))
}

async fn jobs_left(store: &SqlJobs, processes: usize) -> Result<Option<String>, Failed> {
    if let Some(count) = store.counts().await?.first() {
        return Ok(Some(format!("{} jobs of {} are {}", count.jobs, count.queue, count.state)));
    }
    let alive: i64 =
        store.database().query("SELECT COUNT(*) FROM jobs_nodes WHERE is_alive").fetch_scalar().await?;
    let expected = i64::try_from(processes)?;
    Ok((alive != expected).then(|| format!("{alive} nodes of jobs instead of {expected} count as alive")))
}

async fn events_left(store: &SqlEvents, processes: usize) -> Result<Option<String>, Failed> {
    let db = store.database();
    if db.engine() == Engine::Postgres {
        let unplaced: i64 =
            db.query("SELECT COUNT(*) FROM events_log WHERE position IS NULL").fetch_scalar().await?;
        if unplaced > 0 {
            return Ok(Some(format!("{unplaced} events of the outbox have no position")));
        }
    }
    for state in store.subscribers().await? {
        let name = &state.name;
        for (what, count) in
            [("new", state.pending), ("waiting", state.waiting), ("set aside", state.poisoned)]
        {
            if count > 0 {
                return Ok(Some(format!("{name}: {count} {what}")));
            }
        }
        let owners: HashSet<_> = state.lanes.iter().filter_map(|lane| lane.owner).collect();
        let free = state.lanes.iter().filter(|lane| lane.owner.is_none()).count();
        if free > 0 || owners.len() != processes {
            return Ok(Some(format!(
                "{name}: {free} lanes are free, {} nodes hold the others",
                owners.len()
            )));
        }
    }
    let members: i64 = db.query("SELECT COUNT(*) FROM events_members").fetch_scalar().await?;
    let expected = i64::try_from(processes * SUBSCRIBERS.len())?;
    Ok((members != expected)
        .then(|| format!("{members} memberships instead of {expected}: the dead are among them")))
}

/// What was committed, and what took effect.
pub(crate) async fn books(db: &Database) -> Result<Books, Error> {
    let facts: Vec<(String, String, String, i64)> = db
        .query("SELECT id, topic, account, number FROM bank_facts ORDER BY topic, account, number")
        .fetch_all()
        .await?;
    let effects: Vec<(String, String, String)> =
        db.query("SELECT consumer, fact, attempt FROM bank_effects ORDER BY seq").fetch_all().await?;
    let consumers = SUBSCRIBERS.iter().map(|(name, topic)| Consumer {
        name: (*name).to_owned(),
        topic: (*topic).to_owned(),
        is_ordered: true,
    });
    let workers = WORKERS.iter().map(|(name, is_ordered)| Consumer {
        name: (*name).to_owned(),
        topic: "payment".to_owned(),
        is_ordered: *is_ordered,
    });
    Ok(Books {
        consumers: consumers.chain(workers).collect(),
        facts: facts.into_iter().map(|(id, topic, key, number)| Fact { id, topic, key, number }).collect(),
        effects: effects
            .into_iter()
            .map(|(consumer, fact, attempt)| Effect { consumer, fact, attempt })
            .collect(),
    })
}
