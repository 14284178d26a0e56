//! [`Failure`]: why a worker did not do a job.

use std::fmt;
use std::time::Duration;

use crate::cause;

/// Why a worker did not do a job, and what is to become of it. Any error becomes one by `?`, and its text is kept
/// with the job: it should hold no secrets.
///
/// ```
/// use std::time::Duration;
/// use gravity_core::jobs::Failure;
///
/// let again = Failure::new("the server is busy").after(Duration::from_secs(90));
/// let never = Failure::new("no such address").give_up();
/// let not_yet = Failure::snooze(Duration::from_mins(5));
/// # let _ = (again, never, not_yet);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub(super) text: String,
    pub(super) then: Then,
}

/// What is to become of a job that was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Retry,
    RetryAfter(Duration),
    Snooze(Duration),
    GiveUp,
    Cancel,
}

impl Failure {
    /// A failure in words of one's own: the job is tried again later.
    pub fn new(text: impl fmt::Display) -> Self {
        Self { text: cause::clean(&text.to_string()), then: Then::Retry }
    }

    /// The job waits for so long, whatever its type says.
    pub fn after(mut self, wait: Duration) -> Self {
        self.then = Then::RetryAfter(wait);
        self
    }

    /// No other attempt will mend it: the job is dead at once.
    pub fn give_up(mut self) -> Self {
        self.then = Then::GiveUp;
        self
    }

    /// It is no failure: the job is to come back later, and this attempt does not count.
    pub fn snooze(wait: Duration) -> Self {
        Self { text: String::new(), then: Then::Snooze(wait) }
    }

    /// It is no failure: the job is needless now, and ends as cancelled.
    pub fn cancelled(text: impl fmt::Display) -> Self {
        Self { then: Then::Cancel, ..Self::new(text) }
    }

    /// What is to become of what has failed.
    pub(crate) fn then(&self) -> Then {
        self.then
    }

    /// What went wrong, with its causes.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { text: cause::text_of(&error), then: Then::Retry }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
