//! [`Schedules`]: defines schedules, looks after them, and fires them.

use std::fmt;

use super::metrics::{DELAY, FIRED, MISSED};
use super::plan::plan;
use super::{Definition, Error, Schedule, ScheduleState, ScheduleStore, Tick};
use crate::jobs::JobStore as _;
use crate::metrics::Metrics;
use crate::{Clock, Timestamp};

/// How often a change is tried again that others were faster than.
const ATTEMPTS: usize = 20;
/// How many schedules are read at once.
const AT_ONCE: usize = 100;

/// What becomes of a schedule that a program defined once and defines no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undefined {
    /// It is deleted.
    Vanishes,
    /// It goes on.
    Stays,
}

/// Defines schedules, looks after them, and fires them.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use gravity_core::Clock;
/// use gravity_core::db::Database;
/// use gravity_core::jobs::{Job, SqlJobs};
/// use gravity_core::schedules::{Recurrence, Schedule, Schedules, SqlSchedules, Undefined};
///
/// # #[derive(serde::Serialize, serde::Deserialize)]
/// # struct SendReport { to: String }
/// # impl Job for SendReport { const KIND: &'static str = "report.send"; }
/// let db = Database::connect("sqlite::memory:").await?;
/// let store = SqlSchedules::new(&SqlJobs::new(&db).await?).await?;
/// let schedules = Schedules::new(store, Clock::system());
/// let weekdays = Recurrence::cron("0 9 * * MON-FRI", "Europe/Berlin")?;
/// let report = Schedule::new("report.daily", weekdays, SendReport { to: "ada@example.org".into() })?;
/// schedules.define("shop", vec![report], Undefined::Vanishes).await?;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
#[derive(Clone)]
pub struct Schedules<S> {
    store: S,
    clock: Clock,
    metrics: Metrics,
}

impl<S: ScheduleStore> Schedules<S> {
    /// Schedules in this store.
    pub fn new(store: S, clock: Clock) -> Self {
        Self { store, clock, metrics: Metrics::new() }
    }

    /// Counts into these metrics: `schedules_fired_total`, `schedules_missed_total` and
    /// `schedules_delay_seconds`.
    pub fn with_metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = metrics;
        self
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.store
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Makes the schedules of a group be these: those that a program defines in its code, when it starts.
    ///
    /// A new one begins with its first tick from now on; one that has changed is changed, and if its times have,
    /// they hold at once; whether it is paused stays as it is. What becomes of those that the group had before
    /// is for `undefined` to say. A name that another group or nobody's schedule has is refused.
    ///
    /// Nodes may do this at once. While two versions of a program run, the one that started last has its way.
    pub async fn define(
        &self,
        group: &str,
        schedules: Vec<Schedule>,
        undefined: Undefined,
    ) -> Result<(), Error> {
        super::schedule::check_name(group)?;
        let mut names: Vec<String> = schedules.iter().map(|schedule| schedule.name.clone()).collect();
        names.sort_unstable();
        if names.windows(2).any(|two| two[0] == two[1]) {
            return Err(Error::invalid("schedules", "two of them have the same name"));
        }
        for schedule in schedules {
            self.define_one(group, schedule).await?;
        }
        if undefined == Undefined::Stays {
            return Ok(());
        }
        for state in self.all().await? {
            if state.defined_by.as_deref() == Some(group) && names.binary_search(&state.name).is_err() {
                self.remove(&state.name).await?;
            }
        }
        Ok(())
    }

    async fn define_one(&self, group: &str, schedule: Schedule) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let new = ScheduleState::new(schedule.clone(), Some(group), self.clock.now());
            let Some(state) = self.store.get(&schedule.name).await? else {
                must_come(&new)?;
                if self.store.insert(&new).await? {
                    return Ok(());
                }
                continue;
            };
            if state.defined_by.as_deref() != Some(group) {
                return Err(Error::Taken);
            }
            if state.definition == new.definition {
                return Ok(());
            }
            let changed = self.redefined(&state, new.definition);
            if self.store.replace(state.revision, &changed, &[]).await? {
                return Ok(());
            }
        }
        Err(Error::Changed)
    }

    /// The same schedule with another definition. Times that have not changed keep what is due.
    fn redefined(&self, state: &ScheduleState, definition: Definition) -> ScheduleState {
        let has_new_times = state.definition.recurrence != definition.recurrence;
        let mut changed = ScheduleState { definition, ..state.clone() };
        if has_new_times {
            changed.reckon(self.clock.now());
        }
        changed
    }

    /// Adds a schedule while the program runs. Fails with [`Error::Taken`] if there is one of its name, and with
    /// [`Error::Invalid`] if it has no tick from now on.
    pub async fn add(&self, schedule: Schedule) -> Result<ScheduleState, Error> {
        let state = ScheduleState::new(schedule, None, self.clock.now());
        must_come(&state)?;
        if self.store.insert(&state).await? { Ok(state) } else { Err(Error::Taken) }
    }

    /// Gives a schedule that was [added](Self::add) another definition. Whether it is paused stays as it is.
    pub async fn change(&self, schedule: Schedule) -> Result<ScheduleState, Error> {
        let now = self.clock.now();
        must_come(&ScheduleState::new(schedule.clone(), None, now))?;
        let definition = Definition::from(schedule.clone());
        self.update(&schedule.name, |state| {
            if state.defined_by.is_some() {
                return Err(Error::invalid("schedule", "it is defined in the code of a program"));
            }
            Ok(self.redefined(state, definition.clone()))
        })
        .await
    }

    /// Deletes a schedule, whether it was added or defined; one that is defined comes back when its program
    /// starts again.
    pub async fn remove(&self, name: &str) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let Some(state) = self.store.get(name).await? else { return Ok(()) };
            if self.store.remove(name, state.revision).await? {
                return Ok(());
            }
        }
        Err(Error::Changed)
    }

    /// Lets a schedule fire nothing until it is resumed. Its ticks until then pass, and count as missed by
    /// nobody.
    pub async fn pause(&self, name: &str) -> Result<ScheduleState, Error> {
        self.update(name, |state| Ok(ScheduleState { is_paused: true, next: None, ..state.clone() })).await
    }

    /// Lets a schedule go on with its first tick from now on.
    ///
    /// It is also what mends a schedule that a clock far ahead of the time has fired: its next tick is reckoned
    /// anew, whether it was paused or not.
    pub async fn resume(&self, name: &str) -> Result<ScheduleState, Error> {
        self.update(name, |state| {
            let mut resumed = ScheduleState { is_paused: false, ..state.clone() };
            resumed.reckon(self.clock.now());
            Ok(resumed)
        })
        .await
    }

    /// Enqueues the job of a schedule at once, as at a tick of now, whether it is paused or not. Its ticks stay
    /// as they are.
    pub async fn run_now(&self, name: &str) -> Result<crate::jobs::Enqueued, Error> {
        let state = self.get(name).await?;
        let now = self.clock.now();
        let job = state.definition.job.job(&Tick { schedule: state.name, at: now }, &self.clock, now);
        let enqueued = self.store.jobs().enqueue_alone(&[job]).await?;
        enqueued.first().copied().ok_or_else(|| Error::Store("the store said nothing about the job".into()))
    }

    /// The schedule of this name.
    pub async fn get(&self, name: &str) -> Result<ScheduleState, Error> {
        self.store.get(name).await?.ok_or(Error::NotFound)
    }

    /// Schedules by name, after one of them or from the first.
    pub async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<ScheduleState>, Error> {
        self.store.list(after, limit).await
    }

    /// The next ticks of a schedule, as if it were not paused.
    pub async fn preview(&self, name: &str, count: usize) -> Result<Vec<Timestamp>, Error> {
        let state = self.get(name).await?;
        let mut reckoned = ScheduleState { is_paused: false, ..state.clone() };
        reckoned.reckon(self.clock.now());
        let Some(first) = state.next.or(reckoned.next) else { return Ok(Vec::new()) };
        let ticks = state.definition.recurrence.from(first).take(count);
        Ok(ticks.collect())
    }

    /// Fires all that is due, and returns the ticks that this call has fired. [`ScheduleNode`](super::ScheduleNode)
    /// does so when it is time.
    ///
    /// A tick and its job are one transaction, which only who has seen the last state of the schedule commits:
    /// however many do this at once, each tick is fired once, and none is lost if one of them is killed.
    pub async fn fire_due(&self) -> Result<Vec<Tick>, Error> {
        let mut fired = Vec::new();
        loop {
            let now = self.clock.now();
            let due = self.store.due(now, AT_ONCE).await?;
            let is_all = due.len() < AT_ONCE;
            let mut is_stuck = true;
            for state in due {
                match self.fire(&state, now).await {
                    Ok(ticks) => {
                        is_stuck = false;
                        fired.extend(ticks);
                    }
                    // One that cannot be fired holds up no other.
                    Err(error @ Error::Job(_)) => {
                        tracing::error!(
                            schedule = state.name,
                            error = &error as &dyn std::error::Error,
                            "a schedule cannot be fired"
                        );
                    }
                    Err(error) => return Err(error),
                }
            }
            if is_all || is_stuck {
                return Ok(fired);
            }
        }
    }

    /// Fires one schedule as it was seen; nothing where others were faster.
    async fn fire(&self, seen: &ScheduleState, now: Timestamp) -> Result<Vec<Tick>, Error> {
        let Some(next) = seen.next.filter(|next| *next <= now) else { return Ok(Vec::new()) };
        let definition = &seen.definition;
        let plan = plan(&definition.recurrence, next, now, definition.tolerance(), definition.missed);
        let ticks: Vec<_> =
            plan.fire.iter().map(|at| Tick { schedule: seen.name.clone(), at: *at }).collect();
        let jobs: Vec<_> = ticks.iter().map(|tick| definition.job.job(tick, &self.clock, now)).collect();
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let fired = ScheduleState {
            next: plan.next,
            last_tick: plan.fire.last().copied().or(seen.last_tick),
            last_fired_at: if ticks.is_empty() { seen.last_fired_at } else { Some(now) },
            fired: seen.fired.saturating_add(count(ticks.len())),
            missed: seen.missed.saturating_add(count(plan.missed)),
            ..seen.clone()
        };
        if !self.store.replace(seen.revision, &fired, &jobs).await? {
            return Ok(Vec::new());
        }
        self.count(&ticks, plan.missed, now);
        Ok(ticks)
    }

    fn count(&self, ticks: &[Tick], missed: usize, now: Timestamp) {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        FIRED.of(&self.metrics, []).add(count(ticks.len()));
        MISSED.of(&self.metrics, []).add(count(missed));
        let delay = DELAY.of(&self.metrics, []);
        for tick in ticks {
            delay.observe(now.saturating_since(tick.at));
        }
    }

    async fn all(&self) -> Result<Vec<ScheduleState>, Error> {
        let mut all: Vec<ScheduleState> = Vec::new();
        loop {
            let after = all.last().map(|state| state.name.clone());
            let states = self.store.list(after.as_deref(), AT_ONCE).await?;
            if states.is_empty() {
                return Ok(all);
            }
            all.extend(states);
        }
    }

    /// Changes a schedule, again if others change it meanwhile.
    async fn update(
        &self,
        name: &str,
        change: impl Fn(&ScheduleState) -> Result<ScheduleState, Error>,
    ) -> Result<ScheduleState, Error> {
        for _ in 0..ATTEMPTS {
            let state = self.get(name).await?;
            let changed = change(&state)?;
            if self.store.replace(state.revision, &changed, &[]).await? {
                return Ok(ScheduleState { revision: state.revision + 1, ..changed });
            }
        }
        Err(Error::Changed)
    }
}

/// Refuses what would never fire: it is a mistake, such as a 30th of February.
fn must_come(state: &ScheduleState) -> Result<(), Error> {
    if state.next.is_none() && !state.is_paused {
        return Err(Error::invalid("recurrence", "it has no tick from now on"));
    }
    Ok(())
}

impl<S> fmt::Debug for Schedules<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schedules").finish_non_exhaustive()
    }
}
