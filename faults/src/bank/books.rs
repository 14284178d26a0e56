//! What the database says of a bank.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use gravity_core::db::{Database, Engine, Error};
use gravity_core::events::{EventStore as _, SqlEvents};
use gravity_core::jobs::JobStore as _;
use gravity_core::testing::faults::{Books, Consumer, Effect, Fact};

use super::far::CORRESPONDENT;
use super::jobs::WORKERS;
use super::keep::{self, KEEPER};
use super::schema::Stores;
use super::subscribe::SUBSCRIBERS;
use super::{Sabotage, bells};

/// Whose leases were seen to be in order since nobody is struck any more. On a machine that is busy a node may be
/// taken for dead now and then, so not all are in order at the same time.
#[derive(Default)]
pub(crate) struct Settled(Mutex<HashSet<String>>);

impl Settled {
    /// What is not in order with these leases, unless they have been before.
    fn see(&self, whose: &str, fault: Option<String>) -> Option<String> {
        let mut settled = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if fault.is_none() {
            settled.insert(whose.to_owned());
        }
        fault.filter(|_| !settled.contains(whose))
    }
}

/// What is left to do; `None` when nothing is. So many processes are there.
pub(crate) async fn left(stores: &Stores, processes: usize, settled: &Settled) -> Option<String> {
    let leases = match work_left(stores).await {
        Ok(None) => leases_left(stores, processes, settled).await,
        left => left,
    };
    leases.unwrap_or_else(|error| Some(format!("the database does not answer: {error}")))
}

async fn work_left(stores: &Stores) -> Result<Option<String>> {
    let (events, db) = (&stores.events, stores.events.database());
    let left = events_left(events).await?;
    if left.is_some() {
        return Ok(left);
    }
    if let Some(count) = stores.jobs.counts().await?.first() {
        return Ok(Some(format!("{} jobs of {} are {}", count.jobs, count.queue, count.state)));
    }
    let uncopied = keep::left(db).await?;
    if uncopied > 0 {
        return Ok(Some(format!("{KEEPER}: {uncopied} payments are not copied")));
    }
    let Some(far) = &stores.far else { return Ok(None) };
    let sent = payments(db).await?;
    let heard: i64 = far
        .database()
        .query("SELECT COUNT(*) FROM bank_effects WHERE consumer = $1")
        .bind(CORRESPONDENT)
        .fetch_scalar()
        .await?;
    if heard < sent {
        return Ok(Some(format!("{CORRESPONDENT}: {heard} of {sent} payments have arrived")));
    }
    events_left(far).await
}

async fn payments(db: &Database) -> Result<i64, Error> {
    db.query("SELECT COUNT(*) FROM bank_facts WHERE topic = 'payment'").fetch_scalar().await
}

async fn events_left(store: &SqlEvents) -> Result<Option<String>> {
    let db = store.database();
    if db.engine() == Engine::Postgres {
        let unplaced: i64 =
            db.query("SELECT COUNT(*) FROM events_log WHERE position IS NULL").fetch_scalar().await?;
        if unplaced > 0 {
            return Ok(Some(format!("{unplaced} events of the outbox have no position")));
        }
    }
    for state in store.subscribers().await? {
        for (what, count) in
            [("new", state.pending), ("waiting", state.waiting), ("set aside", state.poisoned)]
        {
            if count > 0 {
                return Ok(Some(format!("{}: {count} {what}", state.name)));
            }
        }
    }
    Ok(None)
}

/// Whether the living, and nobody else, hold what is to be held.
async fn leases_left(stores: &Stores, processes: usize, settled: &Settled) -> Result<Option<String>> {
    let expected = i64::try_from(processes)?;
    let count = "SELECT COUNT(*) FROM jobs_nodes WHERE is_alive";
    let alive: i64 = stores.jobs.database().query(count).fetch_scalar().await?;
    let fault = format!("{alive} nodes of jobs instead of {expected} count as alive");
    let mut left = settled.see("jobs", (alive != expected).then_some(fault));
    for store in std::iter::once(&stores.events).chain(&stores.far) {
        let subscribers = store.subscribers().await?;
        let members: i64 =
            store.database().query("SELECT COUNT(*) FROM events_members").fetch_scalar().await?;
        let wanted = i64::try_from(processes * subscribers.len())?;
        let fault = format!("{members} memberships instead of {wanted}: the dead are among them");
        let whose = if subscribers.len() == 1 { "the far members" } else { "the members" };
        left = settled.see(whose, (members != wanted).then_some(fault)).or(left);
        for state in subscribers {
            let owners: HashSet<_> = state.lanes.iter().filter_map(|lane| lane.owner).collect();
            let free = state.lanes.iter().filter(|lane| lane.owner.is_none()).count();
            let fault =
                format!("{}: {free} lanes are free, {} nodes hold the others", state.name, owners.len());
            let is_shared = free == 0 && owners.len() == processes;
            left = settled.see(&state.name, (!is_shared).then_some(fault)).or(left);
        }
    }
    Ok(left)
}

/// What was committed, and what took effect.
pub(crate) async fn books(stores: &Stores) -> Result<Books> {
    let db = stores.events.database();
    let facts: Vec<(String, String, String, i64)> = db
        .query("SELECT id, topic, account, number FROM bank_facts ORDER BY topic, account, number")
        .fetch_all()
        .await?;
    let consumer = |name: &str, topic: &str, is_ordered: bool| Consumer {
        name: name.to_owned(),
        topic: topic.to_owned(),
        is_ordered,
    };
    let mut books = Books {
        facts: facts.into_iter().map(|(id, topic, key, number)| Fact { id, topic, key, number }).collect(),
        effects: effects(db).await?,
        ..Books::default()
    };
    books.facts.append(&mut bells::ticks(stores).await?);
    books.consumers.extend(SUBSCRIBERS.iter().map(|(name, topic)| consumer(name, topic, true)));
    books.consumers.extend(WORKERS.iter().map(|(name, is_ordered)| consumer(name, "payment", *is_ordered)));
    books.consumers.push(consumer(KEEPER, "payment", true));
    books.consumers.push(consumer(bells::RINGER, bells::TOPIC, true));
    if let Some(far) = &stores.far {
        books.consumers.push(consumer(CORRESPONDENT, "payment", true));
        books.effects.append(&mut effects(far.database()).await?);
    }
    Ok(books)
}

async fn effects(db: &Database) -> Result<Vec<Effect>, Error> {
    let rows: Vec<(String, String, String)> =
        db.query("SELECT consumer, fact, attempt FROM bank_effects ORDER BY seq").fetch_all().await?;
    Ok(rows.into_iter().map(|(consumer, fact, attempt)| Effect { consumer, fact, attempt }).collect())
}

/// Consumers who have done nothing at all: a round in which nobody works proves nothing.
pub(crate) fn idle(books: &Books, sabotage: Option<Sabotage>) -> impl Iterator<Item = String> {
    let is_idle = |consumer: &&Consumer| !books.effects.iter().any(|effect| effect.consumer == consumer.name);
    // Cheats are found out by what they do.
    let consumers = books.consumers.iter().filter(move |_| sabotage.is_none());
    consumers.filter(is_idle).map(|consumer| format!("{} has done nothing", consumer.name))
}
