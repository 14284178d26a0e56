//! What can be asked about jobs.

use super::{Attempt, JobId, JobState, Progress};
use crate::Timestamp;

/// Which jobs are wanted: those that match everything that is set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct JobFilter {
    /// Of this queue.
    pub queue: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// In this state.
    pub state: Option<JobState>,
}

impl JobFilter {
    /// All jobs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Of this queue.
    pub fn in_queue(mut self, queue: impl Into<String>) -> Self {
        self.queue = Some(queue.into());
        self
    }

    /// Of this kind.
    pub fn of_kind(mut self, kind: impl Into<String>) -> Self {
        self.kind = Some(kind.into());
        self
    }

    /// In this state.
    pub fn in_state(mut self, state: JobState) -> Self {
        self.state = Some(state);
        self
    }
}

/// How many jobs of a queue are in a state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count {
    /// The queue.
    pub queue: String,
    /// The state.
    pub state: JobState,
    /// How many.
    pub jobs: u64,
}

/// Since when the oldest ready job of a queue could have run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueAge {
    /// The queue.
    pub queue: String,
    /// The time.
    pub since: Timestamp,
}

/// All that is known about a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobView {
    /// Its id.
    pub id: JobId,
    /// Where it waits.
    pub queue: String,
    /// The name of its type.
    pub kind: String,
    /// Where it is in its life.
    pub state: JobState,
    /// A higher one goes first.
    pub priority: i16,
    /// Its key.
    pub key: Option<String>,
    /// Its unique key.
    pub unique_key: Option<String>,
    /// How often it has failed.
    pub failures: u32,
    /// How often it is tried.
    pub max_attempts: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it is or was to run.
    pub run_at: Timestamp,
    /// When the node that has it took it.
    pub claimed_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// How far it has come.
    pub progress: Option<Progress>,
    /// Whether it is to be cancelled.
    pub is_cancelling: bool,
    /// The last attempts that failed.
    pub errors: Vec<Attempt>,
    /// What it needs to know, as JSON.
    pub payload: String,
    /// The same for all that followed from one cause.
    pub correlation: Option<String>,
}
