//! [`JobDraft`]: a job that is about to be enqueued.

use std::time::Duration;

use super::{Error, Job, JobId, NewJob, Unique};
use crate::{Clock, Timestamp};

/// A job that is about to be enqueued, with what the caller wants of it. A job alone makes one (`job.into()`),
/// with what its type says.
///
/// ```
/// use std::time::Duration;
/// use gravity_core::jobs::{Job, JobDraft, Unique};
/// # #[derive(serde::Serialize, serde::Deserialize)]
/// # struct SendMail { to: String }
/// # impl Job for SendMail { const KIND: &'static str = "mail.send"; }
/// let draft = JobDraft::new(SendMail { to: "ada@example.org".into() })
///     .delayed(Duration::from_secs(30))
///     .with_priority(5)
///     .unique("welcome:user_1", Unique::Within(Duration::from_hours(24)));
/// ```
#[derive(Debug, Clone)]
#[must_use = "a draft is nothing until it is enqueued"]
pub struct JobDraft<J> {
    pub(super) job: J,
    pub(super) queue: Option<String>,
    pub(super) priority: i16,
    pub(super) start: Start,
    pub(super) key: Option<String>,
    pub(super) rate_key: Option<String>,
    pub(super) unique: Option<(String, Unique)>,
    pub(super) max_attempts: u32,
    pub(super) timeout: Duration,
    pub(super) correlation: Option<String>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Start {
    Now,
    After(Duration),
    At(Timestamp),
}

impl<J: Job> JobDraft<J> {
    /// A job that may run at once, as its type says.
    pub fn new(job: J) -> Self {
        Self {
            job,
            queue: None,
            priority: 0,
            start: Start::Now,
            key: None,
            rate_key: None,
            unique: None,
            max_attempts: J::MAX_ATTEMPTS,
            timeout: J::TIMEOUT,
            correlation: None,
        }
    }

    /// In this queue.
    pub fn in_queue(mut self, queue: impl Into<String>) -> Self {
        self.queue = Some(queue.into());
        self
    }

    /// Before those of a lower priority in its queue; 0 by default.
    pub fn with_priority(mut self, priority: i16) -> Self {
        self.priority = priority;
        self
    }

    /// Not before so long from now.
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.start = Start::After(delay);
        self
    }

    /// Not before this time.
    pub fn at(mut self, time: Timestamp) -> Self {
        self.start = Start::At(time);
        self
    }

    /// One after the other with all jobs of its queue that have this key (1 to 255 characters, none of them a
    /// control character): in the order in which they were enqueued, whatever their priorities, except that
    /// one which is delayed takes its place only when it is due. While one of them waits for another attempt,
    /// the later ones wait behind it.
    pub fn keyed(mut self, key: impl ToString) -> Self {
        self.key = Some(key.to_string());
        self
    }

    /// Counted for this one where the queue has a rate by key; without it, for the key of [`JobDraft::keyed`].
    pub fn rated_by(mut self, key: impl ToString) -> Self {
        self.rate_key = Some(key.to_string());
        self
    }

    /// Not at all, if a job of this kind with the same unique key keeps it out.
    pub fn unique(mut self, key: impl ToString, scope: Unique) -> Self {
        self.unique = Some((key.to_string(), scope));
        self
    }

    /// Tried so often at most, and at least once.
    pub fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// With so much time for each attempt.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// As part of what this text stands for, such as the id of a request.
    pub fn correlated(mut self, correlation: impl ToString) -> Self {
        self.correlation = Some(correlation.to_string());
        self
    }
}

impl<J: Job> JobDraft<J> {
    /// The job that enqueuing this draft would write down, for those who write it beside other things.
    pub fn prepare(self, clock: &Clock) -> Result<NewJob, Error> {
        let now = clock.now();
        let payload = serde_json::to_string(&self.job)
            .map_err(|error| Error::invalid("job", format!("it is not JSON: {error}")))?;
        let run_at = match self.start {
            Start::Now => None,
            Start::After(delay) => Some(now.saturating_add(delay)),
            Start::At(time) => Some(time),
        };
        let job = NewJob {
            id: JobId::new(clock),
            queue: self.queue.unwrap_or_else(|| J::QUEUE.to_owned()),
            kind: J::KIND.to_owned(),
            payload,
            priority: self.priority,
            created_at: now,
            run_at: run_at.filter(|at| *at > now),
            key: self.key,
            rate_key: self.rate_key,
            unique: self.unique,
            max_attempts: self.max_attempts,
            timeout: self.timeout,
            correlation: self.correlation,
        };
        job.check()?;
        Ok(job)
    }
}

impl<J: Job> From<J> for JobDraft<J> {
    fn from(job: J) -> Self {
        Self::new(job)
    }
}
