//! What the database says of a bank.

use std::collections::HashSet;

use gravity_core::db::{Database, Engine, Error};
use gravity_core::events::{EventStore as _, SqlEvents};
use gravity_core::testing::faults::{Books, Consumer, Effect, Fact};

use super::subscribe::SUBSCRIBERS;

/// What is left to do; `None` when nothing is. So many workers are there.
pub(crate) async fn left(store: &SqlEvents, workers: usize) -> Option<String> {
    match look(store, workers).await {
        Ok(left) => left,
        Err(error) => Some(format!("the database does not answer: {error}")),
    }
}

async fn look(store: &SqlEvents, workers: usize) -> Result<Option<String>, gravity_core::events::Error> {
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
        if free > 0 || owners.len() != workers {
            return Ok(Some(format!(
                "{name}: {free} lanes are free, {} nodes hold the others",
                owners.len()
            )));
        }
    }
    let members: i64 = db.query("SELECT COUNT(*) FROM events_members").fetch_scalar().await?;
    let expected = i64::try_from(workers * SUBSCRIBERS.len()).unwrap_or(i64::MAX);
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
    Ok(Books {
        consumers: consumers.collect(),
        facts: facts.into_iter().map(|(id, topic, key, number)| Fact { id, topic, key, number }).collect(),
        effects: effects
            .into_iter()
            .map(|(consumer, fact, attempt)| Effect { consumer, fact, attempt })
            .collect(),
    })
}
