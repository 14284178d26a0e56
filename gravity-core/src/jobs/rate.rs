//! [`Rate`]: how many jobs may begin in a time.

use std::time::Duration;

use crate::Timestamp;

/// How far clocks of nodes may be apart.
const APART: Duration = Duration::from_mins(1);

/// How many jobs may begin in a time, over all nodes.
///
/// It is a leaky bucket (GCRA): so many at once after a pause, and then evenly spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Rate {
    jobs: u32,
    per: Duration,
    burst: u32,
}

impl Rate {
    /// So many jobs (at least one) in this time, and as many at once.
    pub fn new(jobs: u32, per: Duration) -> Self {
        let jobs = jobs.max(1);
        Self { jobs, per: per.max(Duration::from_micros(u64::from(jobs))), burst: jobs }
    }

    /// So many at once after a pause (at least one).
    pub fn with_burst(mut self, burst: u32) -> Self {
        self.burst = burst.max(1);
        self
    }

    /// The time between two jobs.
    fn gap(self) -> Duration {
        self.per / self.jobs
    }

    /// The time that a burst uses up.
    fn span(self) -> Duration {
        self.gap().saturating_mul(self.burst)
    }

    /// The time that is used up, as far as that can be: what goes beyond a burst was noted by a clock that is ahead.
    /// Clocks that are a little apart go by the one that is ahead, so that the rate holds; one that was far off must
    /// not hold up those that are right.
    pub(super) fn believed(self, used: Timestamp, now: Timestamp) -> Timestamp {
        let most = now.saturating_add(self.span());
        if used > most.saturating_add(APART) { most } else { used }
    }

    /// How many may begin now, where the last ones have used up the time until `used`.
    pub(super) fn room(self, used: Timestamp, now: Timestamp) -> u32 {
        let ahead = used.saturating_since(now);
        let room = self.span().saturating_sub(ahead).as_micros() / self.gap().as_micros().max(1);
        u32::try_from(room).unwrap_or(u32::MAX)
    }

    /// Until when time is used up once so many have begun.
    pub(super) fn take(self, used: Timestamp, now: Timestamp, jobs: u32) -> Timestamp {
        used.max(now).saturating_add(self.gap().saturating_mul(jobs))
    }

    /// When the next may begin; now, if there is room.
    pub(super) fn next(self, used: Timestamp, now: Timestamp) -> Timestamp {
        let ahead = used.max(now).saturating_add(self.gap());
        ahead.saturating_sub(self.span()).max(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_one_by_one() {
        let rate = Rate::new(10, Duration::from_secs(1)).with_burst(3);
        let now = Timestamp::UNIX_EPOCH.saturating_add(Duration::from_secs(100));
        assert_eq!(rate.room(Timestamp::UNIX_EPOCH, now), 3);
        let used = rate.take(Timestamp::UNIX_EPOCH, now, 3);
        assert_eq!(rate.room(used, now), 0);
        let next = rate.next(used, now);
        assert_eq!(next, now.saturating_add(Duration::from_millis(100)));
        assert_eq!(rate.room(used, next), 1);
        assert_eq!(rate.room(used, now.saturating_add(Duration::from_secs(5))), 3);
        assert_eq!(rate.next(Timestamp::UNIX_EPOCH, now), now);
    }

    #[test]
    fn the_ends_of_the_scale() {
        let tiny = Rate::new(u32::MAX, Duration::ZERO);
        assert!(tiny.room(Timestamp::MIN, Timestamp::MAX) > 0);
        let slow = Rate::new(0, Duration::from_hours(1)).with_burst(0);
        assert_eq!(slow.room(Timestamp::UNIX_EPOCH, Timestamp::MAX), 1);
        let endless = Rate::new(1, Duration::MAX).with_burst(u32::MAX);
        assert_eq!(endless.next(Timestamp::MAX, Timestamp::MIN), Timestamp::MIN);
        assert_eq!(endless.room(Timestamp::MIN, Timestamp::MIN), 1);
    }
}
