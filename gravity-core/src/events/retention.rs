//! [`Retention`]: how long events are kept.

use std::time::Duration;

/// How long events are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Retention {
    pub(super) passed: Duration,
    pub(super) any: Option<Duration>,
}

impl Retention {
    /// Keeps every event for this long, and longer until every known subscriber has passed it and none
    /// has it waiting or set aside. The notes by which duplicates are known go with their events.
    ///
    /// Where no subscriber is known, nothing is deleted.
    pub fn of(passed: Duration) -> Self {
        Self { passed, any: None }
    }

    /// Deletes what is older than this, whoever still wants it: what waits and what was set aside too. A
    /// subscriber that lags further behind loses events.
    pub fn at_most(mut self, any: Duration) -> Self {
        self.any = Some(any.max(self.passed));
        self
    }
}
