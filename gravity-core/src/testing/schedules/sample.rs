//! What the suite has in common.

use serde::{Deserialize, Serialize};

use crate::jobs::{Job, JobFilter, JobStore as _, JobView};
use crate::schedules::{Recurrence, Schedule, ScheduleStore, Schedules, Tick};
use crate::{TestClock, Timestamp};

/// A job: somebody rings a bell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ring {
    /// Which one.
    pub bell: String,
}

impl Job for Ring {
    const KIND: &'static str = "bell.ring";
}

pub(super) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn ring() -> Ring {
    Ring { bell: "großer Gong 🔔".into() }
}

pub(super) fn cron(name: &str, cron: &str, zone: &str) -> Schedule {
    Schedule::new(name, Recurrence::cron(cron, zone).unwrap(), ring()).unwrap()
}

pub(super) fn every(name: &str, every: &str) -> Schedule {
    Schedule::new(name, Recurrence::every(every).unwrap(), ring()).unwrap()
}

/// At noon of a first of March, in UTC.
pub(super) fn noon() -> TestClock {
    TestClock::at(time("2026-03-01T12:00:00Z"))
}

pub(super) fn on<S: ScheduleStore>(store: &S, clock: &TestClock) -> Schedules<S> {
    Schedules::new(store.clone(), clock.clock())
}

pub(super) async fn jobs<S: ScheduleStore>(store: &S) -> Vec<JobView> {
    let mut jobs = store.jobs().list(&JobFilter::new(), None, 100_000).await.unwrap();
    jobs.reverse();
    jobs
}

/// The ticks of all jobs that were enqueued, in order, with a name before each where there are several.
pub(super) async fn ticks<S: ScheduleStore>(store: &S) -> Vec<Tick> {
    let jobs = jobs(store).await;
    let mut ticks: Vec<Tick> =
        jobs.iter().map(|job| job.correlation.as_ref().unwrap().parse().unwrap()).collect();
    ticks.sort_by_key(|tick| (tick.at, tick.schedule.clone()));
    ticks
}

/// The moments of all jobs that were enqueued, in order.
pub(super) async fn moments<S: ScheduleStore>(store: &S) -> Vec<String> {
    ticks(store).await.iter().map(|tick| tick.at.to_jiff().to_string()).collect()
}
