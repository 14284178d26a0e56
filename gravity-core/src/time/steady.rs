//! [`Steady`]: time that only goes forward, made of a clock that may jump.

/// A step back of no more microseconds than these is a race between two who read the clock, and not a clock that
/// was set.
const RACE: u64 = 1_000_000;

/// Microseconds that have passed since the first reading. A clock that is set back stands still once; from then
/// on time passes as before. A clock that is set forward cannot be told from time that has passed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Steady {
    shown: i64,
    passed: u64,
}

impl Steady {
    /// Begins at a time that a clock shows, in microseconds since the epoch.
    pub(crate) fn new(now: i64) -> Self {
        Self { shown: now, passed: 0 }
    }

    /// How much has passed when the clock shows this.
    pub(crate) fn read(&mut self, now: i64) -> u64 {
        match u64::try_from(now.saturating_sub(self.shown)) {
            Ok(step) => {
                self.passed = self.passed.saturating_add(step);
                self.shown = now;
            }
            Err(_) if self.shown.abs_diff(now) > RACE => {
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
        let at = |seconds: i64| seconds * 1_000_000;
        let mut steady = Steady::new(at(1000));
        assert_eq!(steady.read(at(1001)), 1_000_000);
        assert_eq!(steady.read(at(1)), 1_000_000);
        assert_eq!(steady.read(at(3)), 3_000_000);
        // Two readers that pass each other add no time.
        let late = at(3) - 5;
        assert_eq!(steady.read(late), 3_000_000);
        assert_eq!(steady.read(at(4)), 4_000_000);
        assert_eq!(steady.read(i64::MIN), 4_000_000);
        assert!(steady.read(i64::MAX) > 4_000_000);
    }
}
