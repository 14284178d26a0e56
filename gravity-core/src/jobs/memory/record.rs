//! A job as the store in memory keeps it.

use uuid::Uuid;

use crate::Timestamp;
use crate::jobs::{Attempt, Claimed, JobState, JobView, NewJob, Progress, Unique};

pub(super) struct Record {
    pub(super) new: NewJob,
    pub(super) place: i64,
    pub(super) state: JobState,
    pub(super) run_at: Timestamp,
    pub(super) node: Option<Uuid>,
    pub(super) fence: i64,
    pub(super) failures: u32,
    pub(super) lapses: u32,
    pub(super) errors: Vec<Attempt>,
    pub(super) claimed_at: Option<Timestamp>,
    pub(super) finished_at: Option<Timestamp>,
    pub(super) is_holding: bool,
    pub(super) is_paid: bool,
    pub(super) is_cancelling: bool,
    pub(super) progress: Option<Progress>,
}

impl Record {
    pub(super) fn new(new: NewJob, place: i64) -> Self {
        Self {
            place,
            state: if new.run_at.is_some() { JobState::Scheduled } else { JobState::Ready },
            run_at: new.run_at.unwrap_or(new.created_at),
            new,
            node: None,
            fence: 0,
            failures: 0,
            lapses: 0,
            errors: Vec::new(),
            claimed_at: None,
            finished_at: None,
            is_holding: false,
            is_paid: false,
            is_cancelling: false,
            progress: None,
        }
    }

    /// Its kind and unique key, if that is free when it ends.
    pub(super) fn open_key(&self) -> Option<(String, String)> {
        match &self.new.unique {
            Some((key, Unique::WhileOpen)) => Some((self.new.kind.clone(), key.clone())),
            _ => None,
        }
    }

    pub(super) fn is_of_line(&self, queue: &str, key: &str) -> bool {
        self.new.queue == queue && self.new.key.as_deref() == Some(key)
    }

    pub(super) fn claimed(&self) -> Claimed {
        Claimed {
            id: self.new.id,
            fence: self.fence,
            queue: self.new.queue.clone(),
            kind: self.new.kind.clone(),
            payload: self.new.payload.clone(),
            priority: self.new.priority,
            place: self.place,
            key: self.new.key.clone(),
            unique_key: self.open_key().map(|(_, key)| key),
            failures: self.failures,
            max_attempts: self.new.max_attempts,
            timeout: self.new.timeout,
            created_at: self.new.created_at,
            run_at: self.run_at,
            errors: self.errors.clone(),
            correlation: self.new.correlation.clone(),
        }
    }

    pub(super) fn view(&self) -> JobView {
        JobView {
            id: self.new.id,
            queue: self.new.queue.clone(),
            kind: self.new.kind.clone(),
            state: self.state,
            priority: self.new.priority,
            key: self.new.key.clone(),
            unique_key: self.new.unique.as_ref().map(|(key, _)| key.clone()),
            failures: self.failures,
            max_attempts: self.new.max_attempts,
            created_at: self.new.created_at,
            run_at: self.run_at,
            claimed_at: self.claimed_at,
            finished_at: self.finished_at,
            progress: self.progress.clone(),
            is_cancelling: self.is_cancelling,
            errors: self.errors.clone(),
            payload: self.new.payload.clone(),
            correlation: self.new.correlation.clone(),
        }
    }
}
