//! [`Steady`]: time that only goes forward, made of a clock that may jump.

use std::time::Duration;

use super::Timestamp;

/// A step back that is no more than this is a race between two who read the clock, and not a clock that was set.
const RACE: Duration = Duration::from_secs(1);

/// Microseconds that have passed since the first reading. A clock that is set back stands still once; from then
/// on time passes as before. A clock that is set forward cannot be told from time that has passed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Steady {
    shown: i64,
    passed: u64,
}

impl Steady {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { shown: now.as_micros(), passed: 0 }
    }

    pub(crate) fn read(&mut self, now: Timestamp) -> u64 {
        let now = now.as_micros();
        match u64::try_from(now.saturating_sub(self.shown)) {
            Ok(step) => {
                self.passed = self.passed.saturating_add(step);
                self.shown = now;
            }
            Err(_) if self.shown.abs_diff(now) > RACE.as_micros().try_into().unwrap_or(u64::MAX) => {
                self.shown = now;
            }
            Err(_) => {}
        }
        self.passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_forward_whatever_the_clock_does() {
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        let mut steady = Steady::new(at(1000));
        assert_eq!(steady.read(at(1001)), 1_000_000);
        assert_eq!(steady.read(at(1)), 1_000_000);
        assert_eq!(steady.read(at(3)), 3_000_000);
        // Two readers that pass each other add no time.
        let late = at(3).saturating_sub(Duration::from_micros(5));
        assert_eq!(steady.read(late), 3_000_000);
        assert_eq!(steady.read(at(4)), 4_000_000);
        assert_eq!(steady.read(Timestamp::MIN), 4_000_000);
        assert!(steady.read(Timestamp::MAX) > 4_000_000);
    }
}
