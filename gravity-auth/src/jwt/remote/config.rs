//! [`RemoteKeysConfig`].

use std::time::Duration;

use gravity_core::Clock;

/// How long fetched keys are believed.
#[derive(Debug, Clone)]
pub struct RemoteKeysConfig {
    pub(super) refresh: Duration,
    pub(super) stale: Duration,
    pub(super) pause: Duration,
    pub(super) pause_without_keys: Duration,
    pub(super) clock: Clock,
}

impl Default for RemoteKeysConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl RemoteKeysConfig {
    /// The defaults, as each method names them.
    pub const fn new() -> Self {
        Self {
            refresh: Duration::from_mins(5),
            stale: Duration::from_hours(24),
            pause: Duration::from_secs(30),
            pause_without_keys: Duration::from_secs(1),
            clock: Clock::system(),
        }
    }

    /// How old the keys may be before they are fetched again (5 minutes).
    pub fn with_refresh(mut self, age: Duration) -> Self {
        self.refresh = age;
        self
    }

    /// How old they may be when the issuer cannot be reached (a day).
    pub fn with_stale(mut self, age: Duration) -> Self {
        self.stale = age;
        self
    }

    /// How long after one fetch there is none for an unknown key, or after one that failed (30 s; 1 s as long
    /// as there are no keys at all).
    pub fn with_pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self.pause_without_keys = self.pause_without_keys.min(pause);
        self
    }

    /// What tells the time, instead of the system's clock.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}
