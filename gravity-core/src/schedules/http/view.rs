//! What of a schedule is shown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::jobs::Enqueued;
use crate::schedules::{JobTemplate, Missed, Recurrence, ScheduleState};
use crate::security::mask::Masker;

/// A schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Schedule")]
pub struct ScheduleView {
    /// Its name.
    pub name: String,
    /// The group of schedules that a program defines and that it is one of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defined_by: Option<String>,
    /// When it fires.
    pub recurrence: Recurrence,
    /// What it enqueues, with secrets masked.
    pub job: JobTemplate,
    /// What becomes of ticks at which nobody was there.
    pub missed: Missed,
    /// How late a tick may be fired and still count as on time, in milliseconds.
    pub tolerance: u64,
    /// Whether it fires nothing.
    pub is_paused: bool,
    /// The next tick.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Timestamp>,
    /// The last tick that was fired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_tick: Option<Timestamp>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_fired_at: Option<Timestamp>,
    /// How many ticks were fired.
    pub fired_count: i64,
    /// How many ticks were missed, whatever became of them.
    pub missed_count: i64,
}

impl From<ScheduleState> for ScheduleView {
    fn from(state: ScheduleState) -> Self {
        let definition = state.definition;
        let mut job = definition.job;
        Masker::new().mask(&mut job.payload);
        Self {
            name: state.name,
            defined_by: state.defined_by,
            recurrence: definition.recurrence,
            job,
            missed: definition.missed,
            tolerance: definition.tolerance,
            is_paused: state.is_paused,
            next: state.next,
            last_tick: state.last_tick,
            last_fired_at: state.last_fired_at,
            fired_count: state.fired,
            missed_count: state.missed,
        }
    }
}

/// The job of a schedule that was run by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ScheduleRun")]
pub struct RunView {
    /// Its id, or that of the job that keeps it out.
    pub job: String,
    /// Whether it was enqueued. `false` if another one with its unique key keeps it out.
    pub is_new: bool,
}

impl From<Enqueued> for RunView {
    fn from(enqueued: Enqueued) -> Self {
        Self { job: enqueued.id.to_string(), is_new: enqueued.is_new }
    }
}
