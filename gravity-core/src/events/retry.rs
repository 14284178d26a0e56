//! [`Retry`]: how often and when an event is tried again.

use std::time::Duration;

use crate::backoff::Backoff;

/// How often an event is tried, and how long it waits in between.
///
/// The wait doubles with each attempt up to a limit, and a random half of it is taken off, so that what
/// failed together does not come back together. By default an event is tried 12 times, after 1 s, 2 s, 4 s
/// and so on up to 10 minutes: about half an hour in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Retry {
    attempts: u32,
    backoff: Backoff,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 12, backoff: waits(Duration::from_secs(1), Duration::from_mins(10)) }
    }
}

impl Retry {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// How often it is tried in all before it goes aside; at least once.
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// The wait after the first attempt, and the longest one.
    pub fn with_waits(mut self, first: Duration, longest: Duration) -> Self {
        self.backoff = waits(first, longest.max(first));
        self
    }

    /// How often it is tried in all.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The wait after this attempt failed, the first being 1: between half and all of the doubled wait.
    pub fn wait(&self, attempt: u32) -> Duration {
        self.backoff.wait(attempt)
    }
}

fn waits(first: Duration, longest: Duration) -> Backoff {
    Backoff::new(first, longest).keeping_half()
}
