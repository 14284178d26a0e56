//! [`Backoff`]: how long to wait before another try.

use std::time::Duration;

use crate::random;

/// Waits that double with each failed attempt up to a limit, with a random part taken off, so that those who
/// failed together do not come back together.
///
/// ```
/// use std::time::Duration;
/// use gravity_core::backoff::Backoff;
///
/// let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
/// assert!(backoff.wait(1) <= Duration::from_secs(1));
/// assert!(backoff.wait(3) <= Duration::from_secs(4));
/// assert!(backoff.wait(30) <= Duration::from_secs(60));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    keeps_half: bool,
}

impl Backoff {
    /// Waits of up to `first` after the first attempt, twice that after the second and so on, and never more
    /// than `longest`. All of a wait may be taken off by chance.
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, keeps_half: false }
    }

    /// At most half of a wait is taken off: for waits that give something time to recover.
    pub const fn keeping_half(mut self) -> Self {
        self.keeps_half = true;
        self
    }

    /// The wait after this attempt failed, the first being 1.
    pub fn wait(&self, attempt: u32) -> Duration {
        let full = self.bound(attempt);
        let nanoseconds = u64::try_from(full.as_nanos()).unwrap_or(u64::MAX);
        let chance = if self.keeps_half { nanoseconds / 2 } else { nanoseconds };
        full.saturating_sub(Duration::from_nanos(random::up_to(chance)))
    }

    /// The longest that [`Backoff::wait`] may say after this attempt.
    pub fn bound(&self, attempt: u32) -> Duration {
        self.first.saturating_mul(1_u32 << attempt.saturating_sub(1).min(30)).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn waits_double_within_their_bounds() {
        let backoff = Backoff::new(SECOND, MINUTE);
        for attempt in 0..200 {
            let full = Duration::from_secs(1 << attempt.clamp(1, 7) >> 1).min(MINUTE);
            assert_eq!(backoff.bound(attempt), full, "{attempt}");
            assert!(backoff.wait(attempt) <= full);
            let half = backoff.keeping_half().wait(attempt);
            assert!(half <= full && half >= full / 2, "{attempt}: {half:?}");
        }
        assert!(backoff.wait(u32::MAX) <= MINUTE);
    }

    #[test]
    fn waits_differ_and_reach_both_ends() {
        let backoff = Backoff::new(SECOND, SECOND);
        let waits: Vec<_> = (0..400).map(|_| backoff.wait(1)).collect();
        assert!(waits.iter().any(|wait| *wait < SECOND / 10));
        assert!(waits.iter().any(|wait| *wait > SECOND * 9 / 10));
    }

    #[test]
    fn the_ends_of_the_scale() {
        assert_eq!(Backoff::new(Duration::ZERO, Duration::ZERO).wait(9), Duration::ZERO);
        assert!(Backoff::new(Duration::MAX, Duration::MAX).wait(9) <= Duration::MAX);
        assert!(Backoff::new(MINUTE, SECOND).wait(1) <= SECOND);
    }
}
