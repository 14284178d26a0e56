//! [`TotpStep`].

use std::time::Duration;

use gravity_core::Timestamp;

/// Which span of time a one-time password was for, counted from the start of 1970.
///
/// A store keeps the step that was accepted last with the secret, and sets it by compare-and-set: a password is
/// accepted once only if its step is greater than the one that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TotpStep(u64);

impl TotpStep {
    /// The step that a time lies in; a time before 1970 lies in the first.
    pub(super) fn of(time: Timestamp, period: Duration) -> Self {
        let seconds = u64::try_from(time.as_seconds()).unwrap_or_default();
        Self(seconds / period.as_secs().max(1))
    }

    /// The step of a number that a store has kept; `None` for a negative one.
    pub fn from_number(number: i64) -> Option<Self> {
        u64::try_from(number).ok().map(Self)
    }

    /// The number for a store to keep.
    pub fn number(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    pub(super) const fn counter(self) -> u64 {
        self.0
    }

    /// The steps so many before and after this one, the first ones first.
    pub(super) fn around(self, drift: u8) -> impl Iterator<Item = Self> {
        let drift = u64::from(drift);
        (self.0.saturating_sub(drift)..=self.0.saturating_add(drift)).map(Self)
    }
}
