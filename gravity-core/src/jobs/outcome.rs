//! [`Outcome`]: what becomes of a job that a node had.

use serde::{Deserialize, Serialize};

use super::failure::Then;
use super::work::{Claimed, Keep};
use super::{Failure, Job};
use crate::Timestamp;

/// A try of a job that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Attempt {
    /// Which one, the first being 1.
    pub attempt: u32,
    /// When it failed.
    pub at: Timestamp,
    /// What went wrong.
    pub error: String,
}

/// How many failed attempts are kept with a job.
pub(super) const KEPT_ERRORS: usize = 5;

/// What becomes of a job that a node had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was done, and is kept so long.
    Done(Keep),
    /// It failed, and is tried again at this time.
    Retry {
        /// The time.
        at: Timestamp,
        /// The failed attempts that are kept, this one too.
        errors: Vec<Attempt>,
    },
    /// It is to come back at this time, and nothing counts as failed.
    Snooze(Timestamp),
    /// It failed for good.
    Dead {
        /// The failed attempts that are kept, this one too.
        errors: Vec<Attempt>,
    },
    /// It was cancelled.
    Cancelled,
    /// The node does not do it after all: it is ready for another one, and nothing counts as failed.
    GivenBack,
}

/// A job that a node had, and what becomes of it.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The job as it was claimed.
    pub job: Claimed,
    /// What becomes of it.
    pub outcome: Outcome,
}

impl Outcome {
    /// What a failure means for a job.
    ///
    /// `own` tells how long a job waits after this attempt by its own rule.
    pub fn of_failure(
        job: &Claimed,
        failure: &Failure,
        now: Timestamp,
        own: impl FnOnce(u32) -> std::time::Duration,
    ) -> Self {
        let attempt = job.attempt();
        let errors = || {
            let mut errors = job.errors.clone();
            errors.push(Attempt { attempt, at: now, error: failure.text().to_owned() });
            let extra = errors.len().saturating_sub(KEPT_ERRORS);
            errors.split_off(extra)
        };
        match failure.then {
            Then::Snooze(wait) => Self::Snooze(now.saturating_add(wait)),
            Then::Cancel => Self::Cancelled,
            Then::GiveUp => Self::Dead { errors: errors() },
            Then::Retry | Then::RetryAfter(_) if attempt >= job.max_attempts => {
                Self::Dead { errors: errors() }
            }
            Then::Retry => Self::Retry { at: now.saturating_add(own(attempt)), errors: errors() },
            Then::RetryAfter(wait) => Self::Retry { at: now.saturating_add(wait), errors: errors() },
        }
    }

    /// In one word, for metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Retry { .. } => "retried",
            Self::Snooze(_) => "snoozed",
            Self::Dead { .. } => "dead",
            Self::Cancelled => "cancelled",
            Self::GivenBack => "given_back",
        }
    }
}

/// How long a job of a type that cannot be read waits.
pub(super) fn wait_of<J: Job>(job: Option<&J>) -> impl FnOnce(u32) -> std::time::Duration {
    move |attempt| job.map_or_else(|| super::DEFAULT_WAIT.wait(attempt), |job| job.wait(attempt))
}
