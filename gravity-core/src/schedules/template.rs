//! [`JobTemplate`]: what a schedule enqueues.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Error, Tick};
use crate::jobs::{Job, JobDraft, JobId, NewJob, Unique};
use crate::{Clock, Timestamp};

/// How long the tick keeps out another job for the same one. A second one could only come from a clock that was
/// far off and a schedule that was resumed to mend it.
const TICK_IS_UNIQUE: Duration = Duration::from_hours(24);

/// What a schedule enqueues, of whatever type: a job but for what differs from tick to tick.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobTemplate {
    /// The name of its type.
    pub kind: String,
    /// Where it waits.
    pub queue: String,
    /// What it needs to know.
    pub payload: Value,
    /// A higher one goes first.
    pub priority: i16,
    /// How long after the tick it may run, in milliseconds.
    pub delay: u64,
    /// Jobs of a queue with the same key run one after the other.
    pub key: Option<String>,
    /// Whom a rate by key counts it for; none for `key`.
    pub rate_key: Option<String>,
    /// What keeps it out; none for the tick.
    pub unique: Option<TemplateUnique>,
    /// How often it is tried.
    pub max_attempts: u32,
    /// How long an attempt may take, in milliseconds.
    pub timeout: u64,
    /// The same for all that followed from one cause; none for the tick.
    pub correlation: Option<String>,
}

/// What keeps a job of a schedule out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateUnique {
    /// Of jobs of a kind with the same one, only one is enqueued.
    pub key: String,
    /// For so long from when it was enqueued, in milliseconds; none for until it is done, dead or cancelled.
    pub within: Option<u64>,
}

impl JobTemplate {
    pub(super) fn of<J: Job>(draft: JobDraft<J>) -> Result<Self, Error> {
        let job = draft.prepare(&Clock::system())?;
        let payload = serde_json::from_str(&job.payload)
            .map_err(|error| Error::invalid("job", format!("it is not JSON: {error}")))?;
        let delay = job.run_at.map_or(Duration::ZERO, |at| at.saturating_since(job.created_at));
        Ok(Self {
            kind: job.kind,
            queue: job.queue,
            payload,
            priority: job.priority,
            delay: millis(delay),
            key: job.key,
            rate_key: job.rate_key,
            unique: job.unique.map(|(key, unique)| TemplateUnique {
                key,
                within: match unique {
                    Unique::WhileOpen => None,
                    Unique::Within(span) => Some(millis(span)),
                },
            }),
            max_attempts: job.max_attempts,
            timeout: millis(job.timeout),
            correlation: job.correlation,
        })
    }

    /// The job of a tick.
    pub(super) fn job(&self, tick: &Tick, clock: &Clock, now: Timestamp) -> NewJob {
        let run_at = tick.at.saturating_add(Duration::from_millis(self.delay));
        let unique = self.unique.as_ref().map_or_else(
            || (tick.to_string(), Unique::Within(TICK_IS_UNIQUE)),
            |unique| {
                let within = unique.within.map(|span| Unique::Within(Duration::from_millis(span)));
                (unique.key.clone(), within.unwrap_or(Unique::WhileOpen))
            },
        );
        NewJob {
            id: JobId::new(clock),
            queue: self.queue.clone(),
            kind: self.kind.clone(),
            payload: self.payload.to_string(),
            priority: self.priority,
            created_at: now,
            run_at: Some(run_at).filter(|at| *at > now),
            key: self.key.clone(),
            rate_key: self.rate_key.clone(),
            unique: Some(unique),
            max_attempts: self.max_attempts,
            timeout: Duration::from_millis(self.timeout),
            correlation: self.correlation.clone().or_else(|| Some(tick.to_string())),
        }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
