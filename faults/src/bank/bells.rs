//! Bells: schedules that enqueue a job every second, each of whose ticks is a fact.

use std::time::Duration;

use gravity_core::jobs::{Job, JobDraft, SqlJobs};
use gravity_core::schedules::{
    Error, Interval, Missed, Recurrence, Schedule, ScheduleNode, ScheduleState, Schedules, SqlSchedules, Tick,
};
use gravity_core::testing::faults::Fact;
use gravity_core::{Clock, Timestamp};
use serde::{Deserialize, Serialize};

use super::jobs::ATTEMPTS;
use super::schema::Stores;

/// The topic of the ticks, and the worker that hears of them.
pub(super) const TOPIC: &str = "tick";
pub(super) const RINGER: &str = "ringer";

/// How often each bell rings, and how long after it the next one.
const EVERY: Duration = Duration::from_secs(1);
const APART: Duration = Duration::from_millis(250);

/// To be done at each tick, in order for each bell.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ring {}

impl Job for Ring {
    const KIND: &'static str = "bank.ring";
    const MAX_ATTEMPTS: u32 = ATTEMPTS;

    fn wait(&self, attempt: u32) -> Duration {
        Duration::from_millis(u64::from(attempt.min(10)) * 5)
    }
}

/// Hangs the bells up: their names, and their first ticks.
pub(super) async fn hang(store: &SqlSchedules) -> Result<Vec<(String, Timestamp)>, Error> {
    let schedules = Schedules::new(store.clone(), Clock::system());
    let mut bells = Vec::new();
    for number in 0..4 {
        let name = format!("bell_{number}");
        let every = Interval::new(EVERY).map_err(|error| Error::Store(error.into()))?;
        let start = Timestamp::UNIX_EPOCH.saturating_add(APART * number);
        let draft = JobDraft::new(Ring {}).keyed(&name);
        // None is passed over, however long nobody was there.
        let bell = Schedule::new(name.as_str(), Recurrence::Every { every, start }, draft)?
            .missed(Missed::Each { limit: Missed::MOST });
        bells.extend(schedules.add(bell).await?.next.map(|first| (name, first)));
    }
    Ok(bells)
}

/// A node that rings them.
pub(super) fn node(jobs: &SqlJobs) -> ScheduleNode<SqlSchedules> {
    let schedules = Schedules::new(SqlSchedules::migrated(jobs), Clock::system());
    ScheduleNode::new(schedules).with_poll(Duration::from_millis(200))
}

/// Which bell has not rung up to a time.
pub(crate) async fn unrung(stores: &Stores, until: Timestamp) -> Option<String> {
    let waits = |state: &ScheduleState| state.next.is_some_and(|next| next <= until);
    match states(stores).await {
        Ok(states) => {
            states.iter().find(|state| waits(state)).map(|state| format!("{} does not ring", state.name))
        }
        Err(error) => Some(format!("the bells do not answer: {error}")),
    }
}

/// Lets the bells ring no more.
pub(crate) async fn silence(stores: &Stores) -> Result<(), Error> {
    for (name, _) in &stores.bells {
        schedules(stores).pause(name).await?;
    }
    Ok(())
}

/// Every tick from the first of each bell to its last.
pub(super) async fn ticks(stores: &Stores) -> Result<Vec<Fact>, Error> {
    let mut facts = Vec::new();
    for ((name, first), state) in stores.bells.iter().zip(states(stores).await?) {
        let grid = std::iter::successors(Some(*first), |tick| Some(tick.saturating_add(EVERY)));
        let rung = grid.take_while(|tick| state.last_tick.is_some_and(|last| *tick <= last));
        facts.extend((0..).zip(rung).map(|(number, at)| Fact {
            id: Tick { schedule: name.clone(), at }.to_string(),
            topic: TOPIC.to_owned(),
            key: name.clone(),
            number,
        }));
    }
    Ok(facts)
}

fn schedules(stores: &Stores) -> Schedules<SqlSchedules> {
    Schedules::new(SqlSchedules::migrated(&stores.jobs), Clock::system())
}

async fn states(stores: &Stores) -> Result<Vec<ScheduleState>, Error> {
    let mut states = Vec::new();
    for (name, _) in &stores.bells {
        states.push(schedules(stores).get(name).await?);
    }
    Ok(states)
}
