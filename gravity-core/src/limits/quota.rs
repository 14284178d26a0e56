//! [`Quota`]: how much in what time; [`Quotas`]: several of them at once.

use std::time::Duration;

/// The finest fraction of a microsecond that time is counted in; see [`Quota`].
const FINEST: u64 = 10_000;
/// The longest period: a month.
const LONGEST: Duration = Duration::from_hours(31 * 24);
/// The largest count and burst.
const LARGEST: u32 = 1_000_000;
/// The longest that an empty bucket may take to fill: a century.
const SLOWEST: u128 = 36_525 * 24 * 3600 * 1_000_000;
/// How many quotas a limiter takes.
const MOST: usize = 4;

/// So many units in a period, and how many of them may come at once.
///
/// A bucket of `burst` units is full at first. What is asked for is taken from it, and it fills again by one
/// unit every `period / count`. So in any stretch of time no more is let through than the burst and what has
/// filled meanwhile; there is no window at whose edge twice as much gets by.
///
/// Time is counted in whole parts of a microsecond that divide the pace evenly, so that nothing is lost to
/// rounding: three in a second are exactly three. (A count of more than 10,000 that shares no factor with its
/// period is rounded to the slower side, by less than one part in 10,000.)
///
/// ```
/// use gravity_core::limits::Quota;
///
/// let login = Quota::per_minute(5);
/// let api = Quota::per_second(100).with_burst(300);
/// assert_eq!((login.burst(), api.burst()), (5, 300));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quota {
    count: u32,
    period: Duration,
    burst: u32,
}

/// A quota that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a quota has 1 to 1,000,000 units, one a microsecond at most, in a period of up to 31 days")]
pub struct InvalidQuota;

impl Quota {
    /// So many units in a period; all of them may come at once.
    ///
    /// A period has whole microseconds and at most 31 days; the count is 1 to 1,000,000 and no more than one a
    /// microsecond.
    pub const fn new(count: u32, period: Duration) -> Result<Self, InvalidQuota> {
        let micros = period.as_micros();
        let whole = period.subsec_nanos().is_multiple_of(1000);
        let fits = count >= 1 && count <= LARGEST && count as u128 <= micros && micros <= LONGEST.as_micros();
        if whole && fits { Ok(Self { count, period, burst: count }) } else { Err(InvalidQuota) }
    }

    const fn of(count: u32, period: Duration) -> Self {
        match Self::new(count, period) {
            Ok(quota) => quota,
            Err(_) => panic!("a quota has 1 to 1,000,000 units"),
        }
    }

    /// So many a second.
    ///
    /// # Panics
    /// When the count is not from 1 to 1,000,000.
    pub const fn per_second(count: u32) -> Self {
        Self::of(count, Duration::from_secs(1))
    }

    /// So many a minute.
    ///
    /// # Panics
    /// When the count is not from 1 to 1,000,000.
    pub const fn per_minute(count: u32) -> Self {
        Self::of(count, Duration::from_mins(1))
    }

    /// So many an hour.
    ///
    /// # Panics
    /// When the count is not from 1 to 1,000,000.
    pub const fn per_hour(count: u32) -> Self {
        Self::of(count, Duration::from_hours(1))
    }

    /// So many a day of 24 hours.
    ///
    /// # Panics
    /// When the count is not from 1 to 1,000,000.
    pub const fn per_day(count: u32) -> Self {
        Self::of(count, Duration::from_hours(24))
    }

    /// How many may come at once: fewer than the count to spread them out, or more to be lenient.
    ///
    /// # Panics
    /// When it is not from 1 to 1,000,000, or when it would take more than a century to fill.
    #[must_use]
    pub const fn with_burst(mut self, burst: u32) -> Self {
        assert!(burst >= 1 && burst <= LARGEST, "a burst has 1 to 1,000,000 units");
        let slowest = self.period.as_micros() * burst as u128 / self.count as u128;
        assert!(slowest <= SLOWEST, "a bucket fills within a century");
        self.burst = burst;
        self
    }

    /// How many units fill again in a period.
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// The period.
    pub const fn period(&self) -> Duration {
        self.period
    }

    /// How many may come at once.
    pub const fn burst(&self) -> u32 {
        self.burst
    }

    /// The quota in whole numbers.
    pub(crate) fn pace(&self) -> Pace {
        let count = u64::from(self.count);
        // `new` has bound it to 31 days.
        let micros = u64::try_from(self.period.as_micros()).unwrap_or(u64::MAX);
        let shared = common_divisor(micros, count);
        let (step, parts) = if count / shared <= FINEST {
            (micros / shared, count / shared)
        } else {
            ((micros * FINEST).div_ceil(count), FINEST)
        };
        Pace { step, parts, full: step * u64::from(self.burst), burst: self.burst }
    }
}

const fn common_divisor(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

/// A quota in whole numbers. A tick is a `parts`-th of a microsecond; a bucket's debt is what it lacks to be
/// full, in the ticks that it takes to fill.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// The ticks of one unit.
    pub(crate) step: u64,
    /// The ticks of a microsecond.
    pub(crate) parts: u64,
    /// The ticks of an empty bucket: the most that may be owed.
    pub(crate) full: u64,
    burst: u32,
}

impl Pace {
    /// The ticks of so many units; `None` for more than there ever are.
    pub(crate) const fn cost(&self, units: u32) -> Option<u64> {
        if units <= self.burst { Some(self.step * units as u64) } else { None }
    }

    /// How long so many ticks take, rounded up to a microsecond.
    pub(crate) const fn time(&self, ticks: u64) -> Duration {
        // A division is dear where most have nothing to divide.
        Duration::from_micros(if self.parts == 1 { ticks } else { ticks.div_ceil(self.parts) })
    }

    /// The units that are left when so much is owed.
    pub(crate) fn left(&self, debt: u64) -> u32 {
        // It is no more than the burst.
        u32::try_from(self.full.saturating_sub(debt) / self.step).unwrap_or(self.burst)
    }
}

/// One to four quotas that hold together: what any of them refuses is refused, and then nothing is taken from
/// the others.
///
/// ```
/// use gravity_core::limits::{Quota, Quotas};
///
/// let login = Quotas::from([Quota::per_minute(5), Quota::per_hour(20)]);
/// assert_eq!(login.as_slice().len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Quotas(Vec<Quota>);

impl Quotas {
    /// The quotas, in the order they were given in.
    pub fn as_slice(&self) -> &[Quota] {
        &self.0
    }

    pub(crate) fn paces(&self) -> Vec<Pace> {
        self.0.iter().map(Quota::pace).collect()
    }
}

impl From<Quota> for Quotas {
    fn from(quota: Quota) -> Self {
        Self(vec![quota])
    }
}

impl<const N: usize> From<[Quota; N]> for Quotas {
    /// Of none or of more than four this does not compile.
    fn from(quotas: [Quota; N]) -> Self {
        const { assert!(N >= 1 && N <= MOST, "a limiter has one to four quotas") };
        Self(quotas.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_exact_where_it_can_be() {
        let pace = Quota::per_minute(5).pace();
        assert_eq!((pace.step, pace.parts), (12_000_000, 1));
        let pace = Quota::per_second(3).pace();
        assert_eq!((pace.step, pace.parts), (1_000_000, 3));
        let pace = Quota::per_second(999_983).pace();
        assert_eq!(pace.parts, FINEST);
        assert!(pace.step * 999_983 >= 1_000_000 * FINEST, "never faster than asked for");
    }

    #[test]
    fn the_largest_fit() {
        let pace = Quota::new(1, LONGEST).unwrap().with_burst(1178).pace();
        assert_eq!(u128::from(pace.full), LONGEST.as_micros() * 1178);
        assert!(std::panic::catch_unwind(|| Quota::new(1, LONGEST).unwrap().with_burst(1179)).is_err());
        let odd = Quota::new(999_983, LONGEST).unwrap().with_burst(LARGEST).pace();
        assert!(odd.full > odd.step);
    }

    #[test]
    fn what_is_no_quota_is_refused() {
        let second = Duration::from_secs(1);
        for (count, period) in [
            (0, second),
            (1, Duration::ZERO),
            (2, Duration::from_micros(1)),
            (1, Duration::from_nanos(1500)),
            (1, LONGEST + second),
            (LARGEST + 1, LONGEST),
        ] {
            assert_eq!(Quota::new(count, period), Err(InvalidQuota), "{count} in {period:?}");
        }
    }
}
