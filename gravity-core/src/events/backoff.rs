//! [`Retry`]: how often and when an event is tried again.

use std::time::Duration;

/// How often an event is tried, and how long it waits in between.
///
/// The wait doubles with each attempt up to a limit, and a random half of it is taken off, so that what
/// failed together does not come back together. By default an event is tried 12 times, after 1 s, 2 s, 4 s
/// and so on up to 10 minutes: about half an hour in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Retry {
    attempts: u32,
    first: Duration,
    longest: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 12, first: Duration::from_secs(1), longest: Duration::from_mins(10) }
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
        self.first = first;
        self.longest = longest.max(first);
        self
    }

    /// How often it is tried in all.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The wait after this attempt failed, the first being 1: between half and all of the doubled wait.
    pub fn wait(&self, attempt: u32) -> Duration {
        let doubled = self.first.saturating_mul(1_u32 << attempt.saturating_sub(1).min(30)).min(self.longest);
        let nanoseconds = u64::try_from(doubled.as_nanos()).unwrap_or(u64::MAX);
        let half = nanoseconds / 2;
        // Without randomness the wait is merely less fair.
        let random = getrandom::u64().unwrap_or(0);
        Duration::from_nanos(nanoseconds - if half == 0 { 0 } else { random % half })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_within_their_bounds() {
        let retry = Retry::new().with_waits(Duration::from_secs(1), Duration::from_mins(1));
        for attempt in 1..200 {
            let full = Duration::from_secs(1_u64 << (attempt - 1).min(10)).min(Duration::from_mins(1));
            let wait = retry.wait(attempt);
            assert!(wait <= full && wait >= full / 2, "{attempt}: {wait:?}");
        }
        assert_eq!(Retry::new().with_waits(Duration::ZERO, Duration::ZERO).wait(9), Duration::ZERO);
    }
}
