//! [`BreakerConfig`]: when a circuit breaker opens, and how it closes.

use std::time::Duration;

use crate::Clock;

/// When a circuit breaker opens, and how it closes.
#[derive(Debug, Clone)]
pub struct BreakerConfig {
    pub(super) failures: u32,
    pub(super) rate: Option<Rate>,
    pub(super) open_for: Duration,
    pub(super) trials: u32,
    pub(super) clock: Clock,
}

/// So many in a hundred, of the calls of a window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    pub(super) percent: u64,
    pub(super) window: Duration,
    pub(super) at_least: u64,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl BreakerConfig {
    /// It opens after 5 failures in a row, stays open for 60 s, then lets 3 trials through, and closes when all
    /// three succeed.
    pub const fn new() -> Self {
        Self { failures: 5, rate: None, open_for: Duration::from_mins(1), trials: 3, clock: Clock::system() }
    }

    /// After how many failures in a row it opens (5). At 0 it opens after one.
    #[must_use]
    pub fn with_failures(mut self, failures: u32) -> Self {
        self.failures = failures.max(1);
        self
    }

    /// Opens it also when so many in a hundred of the calls in a window have failed, and there were at least
    /// this many calls. The window moves on by tenths.
    #[must_use]
    pub fn with_rate(mut self, percent: u8, window: Duration, at_least: u32) -> Self {
        let window = window.max(Duration::from_millis(10));
        self.rate =
            Some(Rate { percent: percent.clamp(1, 100).into(), window, at_least: at_least.max(1).into() });
        self
    }

    /// How long it stays open before it lets trials through (60 s).
    #[must_use]
    pub fn with_open_time(mut self, time: Duration) -> Self {
        self.open_for = time;
        self
    }

    /// How many trials are let through, all of which must succeed (3). At 0 it is one.
    #[must_use]
    pub fn with_trials(mut self, trials: u32) -> Self {
        self.trials = trials.max(1);
        self
    }

    /// Whose time it goes by (the system's).
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}
