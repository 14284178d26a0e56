//! What the routes show.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Timestamp;
use crate::jobs::{Attempt, Count, JobId, JobState, JobView, Progress};
use crate::security::mask::Masker;

/// A job in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobSummary {
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// How often it has failed.
    pub failures: u32,
    /// How often it is tried.
    pub max_attempts: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it is or was to run.
    pub run_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// What went wrong last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// All that is shown of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobDetail {
    /// What stands in a list.
    #[serde(flatten)]
    pub summary: JobSummary,
    /// Its unique key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique_key: Option<String>,
    /// When the node that has it took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_at: Option<Timestamp>,
    /// How far it has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// Whether it is to be cancelled.
    pub is_cancelling: bool,
    /// The last attempts that failed.
    pub errors: Vec<Attempt>,
    /// The same for all that followed from one cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// What it needs to know, its secrets masked.
    pub payload: Value,
}

/// How many jobs of a queue are in a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CountView {
    /// The queue.
    pub queue: String,
    /// The state.
    pub state: JobState,
    /// How many.
    pub jobs: u64,
}

/// What came of replaying.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ReplayedJobs")]
pub struct Replayed {
    /// How many jobs are ready again.
    pub replayed: u64,
}

impl From<JobView> for JobSummary {
    fn from(job: JobView) -> Self {
        Self {
            id: job.id,
            queue: job.queue,
            kind: job.kind,
            state: job.state,
            priority: job.priority,
            key: job.key,
            failures: job.failures,
            max_attempts: job.max_attempts,
            created_at: job.created_at,
            run_at: job.run_at,
            finished_at: job.finished_at,
            error: job.errors.into_iter().next_back().map(|attempt| attempt.error),
        }
    }
}

impl JobDetail {
    pub(super) fn new(job: JobView, masker: &Masker) -> Self {
        let payload = serde_json::from_str(&job.payload).unwrap_or(Value::Null);
        Self {
            unique_key: job.unique_key.clone(),
            claimed_at: job.claimed_at,
            progress: job.progress.clone(),
            is_cancelling: job.is_cancelling,
            errors: job.errors.clone(),
            correlation: job.correlation.clone(),
            payload: masker.masked(payload),
            summary: job.into(),
        }
    }
}

impl From<Count> for CountView {
    fn from(count: Count) -> Self {
        Self { queue: count.queue, state: count.state, jobs: count.jobs }
    }
}
