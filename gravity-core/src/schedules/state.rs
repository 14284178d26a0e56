//! [`ScheduleState`]: all that is known about a schedule.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{JobTemplate, Missed, Recurrence, Schedule};
use crate::Timestamp;

/// What a schedule is to do, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Definition {
    /// When.
    pub recurrence: Recurrence,
    /// What is enqueued.
    pub job: JobTemplate,
    /// What becomes of ticks at which nobody was there.
    pub missed: Missed,
    /// How late a tick may be fired and still count as on time, in milliseconds.
    pub tolerance: u64,
}

impl Definition {
    pub(super) fn tolerance(&self) -> Duration {
        Duration::from_millis(self.tolerance)
    }
}

impl From<Schedule> for Definition {
    fn from(schedule: Schedule) -> Self {
        Self {
            recurrence: schedule.recurrence,
            job: schedule.job,
            missed: schedule.missed,
            tolerance: u64::try_from(schedule.tolerance.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// All that is known about a schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleState {
    /// Its name.
    pub name: String,
    /// The group of schedules that a program defines and that it is one of; none for one that was added while
    /// the program ran.
    pub defined_by: Option<String>,
    /// What it is to do.
    pub definition: Definition,
    /// Whether it fires nothing.
    pub is_paused: bool,
    /// Grows with every change. Who has seen an older one changes nothing.
    pub revision: i64,
    /// The next tick, if there is one. While it is paused there is none.
    pub next: Option<Timestamp>,
    /// The last tick that was fired.
    pub last_tick: Option<Timestamp>,
    /// When that was.
    pub last_fired_at: Option<Timestamp>,
    /// How many ticks were fired.
    pub fired: i64,
    /// How many ticks were missed, whatever became of them.
    pub missed: i64,
}

/// A last tick that lies further ahead of the time than this was fired by a clock that was wrong.
const CLOCKS_DIFFER: Duration = Duration::from_hours(1);

impl ScheduleState {
    pub(super) fn new(schedule: Schedule, defined_by: Option<&str>, now: Timestamp) -> Self {
        let mut state = Self {
            name: schedule.name.clone(),
            defined_by: defined_by.map(str::to_owned),
            is_paused: schedule.starts_paused,
            definition: schedule.into(),
            revision: 1,
            next: None,
            last_tick: None,
            last_fired_at: None,
            fired: 0,
            missed: 0,
        };
        state.reckon(now);
        state
    }

    /// Works out the next tick anew: after now, and after the last one that was fired.
    pub(super) fn reckon(&mut self, now: Timestamp) {
        let last = self.last_tick.filter(|last| last.saturating_since(now) <= CLOCKS_DIFFER);
        let after = last.map_or(now, |last| last.max(now));
        self.next = if self.is_paused { None } else { self.definition.recurrence.next(after) };
    }
}
