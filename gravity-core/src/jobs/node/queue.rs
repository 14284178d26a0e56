//! [`Queue`]: how a node works on a queue.

use crate::jobs::new_job::check_name;
use crate::jobs::{Error, Keep, Rate};

/// How a node works on a queue. Nodes that work on the same queue should agree about its rates.
///
/// ```
/// use std::time::Duration;
/// use gravity_core::jobs::{Queue, Rate};
///
/// let mail = Queue::new("mail")
///     .with_concurrency(20)
///     .with_rate(Rate::new(100, Duration::from_secs(1)))
///     .with_key_rate(Rate::new(1, Duration::from_secs(5)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a queue does nothing until a node works on it"]
pub struct Queue {
    pub(super) name: String,
    pub(super) concurrency: usize,
    pub(super) rate: Option<Rate>,
    pub(super) key_rate: Option<Rate>,
    pub(super) keep: Keep,
}

impl Queue {
    /// The queue of this name, ten jobs at a time, without rates.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), concurrency: 10, rate: None, key_rate: None, keep: Keep::Not }
    }

    /// How many of its jobs a node runs at a time; at least one.
    pub fn with_concurrency(mut self, jobs: usize) -> Self {
        self.concurrency = jobs.max(1);
        self
    }

    /// How many of its jobs may begin in a time, on all nodes together.
    pub fn with_rate(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
        self
    }

    /// How many of its jobs of the same key may begin in a time, on all nodes together. The key is that of
    /// [`JobDraft::rated_by`](crate::jobs::JobDraft::rated_by) or of
    /// [`JobDraft::keyed`](crate::jobs::JobDraft::keyed); jobs without one are free of this. One that has to wait
    /// is scheduled, for a time of its own.
    pub fn with_key_rate(mut self, rate: Rate) -> Self {
        self.key_rate = Some(rate);
        self
    }

    /// Keeps jobs that are done for a time, to be looked at. Without this they are deleted at once.
    pub fn keeping_done(mut self) -> Self {
        self.keep = Keep::ForATime;
        self
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        check_name("queue", &self.name, 64)
    }
}
