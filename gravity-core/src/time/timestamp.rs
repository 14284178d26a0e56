//! [`Timestamp`]: a point in time, to the microsecond.

use std::time::Duration;

/// A point in time, exact to the microsecond, between the years 1 and 9999 in UTC.
///
/// PostgreSQL keeps microseconds and SQLite stores what it is given, so a finer time would change
/// when it is stored and read back. Every way of making a `Timestamp` cuts it to the microsecond at
/// or before it, so that a value that was stored equals the value that is read.
///
/// On the wire it is RFC 3339 in UTC with six digits: `2026-03-01T09:30:00.000000Z`.
///
/// ```
/// use gravity_core::Timestamp;
///
/// let at: Timestamp = "2026-03-01T10:30:00.123456789+01:00".parse().unwrap();
/// assert_eq!(at.to_string(), "2026-03-01T09:30:00.123456Z");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

/// Why a text or a number is no [`Timestamp`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimestampError {
    /// The text is not RFC 3339, or names a day or an hour that does not exist.
    #[error("not a date and time in RFC 3339 form, such as `2026-03-01T09:30:00Z`")]
    Malformed,
    /// The time lies before the year 1 or after the year 9999.
    #[error("a time outside the years 1 to 9999")]
    OutOfRange,
}

const MIN_MICROS: i64 = -62_135_596_800_000_000;
const MAX_MICROS: i64 = 253_402_207_200_999_999;

impl Timestamp {
    /// The earliest time: the first moment of the year 1.
    pub const MIN: Self = Self::constant(MIN_MICROS);
    /// The latest time: late on the 30th of December 9999, the last that every time zone can show.
    pub const MAX: Self = Self::constant(MAX_MICROS);
    /// The first moment of 1970.
    pub const UNIX_EPOCH: Self = Self(jiff::Timestamp::UNIX_EPOCH);

    /// Panics outside `MIN_MICROS` to `MAX_MICROS`.
    const fn constant(micros: i64) -> Self {
        let second = micros.div_euclid(1_000_000);
        #[expect(clippy::cast_possible_truncation, reason = "a remainder below a million")]
        let nanosecond = (micros.rem_euclid(1_000_000) as i32) * 1_000;
        Self(jiff::Timestamp::constant(second, nanosecond))
    }

    /// The time that lies `micros` microseconds after the start of 1970 (before it if negative).
    pub const fn from_micros(micros: i64) -> Result<Self, TimestampError> {
        if micros < MIN_MICROS || micros > MAX_MICROS {
            return Err(TimestampError::OutOfRange);
        }
        Ok(Self::constant(micros))
    }

    /// The time that lies `millis` milliseconds after the start of 1970 (before it if negative).
    pub fn from_millis(millis: i64) -> Result<Self, TimestampError> {
        Self::from_micros(millis.checked_mul(1_000).ok_or(TimestampError::OutOfRange)?)
    }

    /// The time that lies `seconds` seconds after the start of 1970 (before it if negative).
    pub fn from_seconds(seconds: i64) -> Result<Self, TimestampError> {
        Self::from_micros(seconds.checked_mul(1_000_000).ok_or(TimestampError::OutOfRange)?)
    }

    /// Microseconds since the start of 1970.
    pub fn as_micros(self) -> i64 {
        self.0.as_microsecond()
    }

    /// Whole milliseconds since the start of 1970, rounded towards the past.
    pub fn as_millis(self) -> i64 {
        self.as_micros().div_euclid(1_000)
    }

    /// Whole seconds since the start of 1970, rounded towards the past.
    pub fn as_seconds(self) -> i64 {
        self.as_micros().div_euclid(1_000_000)
    }

    /// The same time for jiff, whose calendar and time zones are at hand there.
    pub fn to_jiff(self) -> jiff::Timestamp {
        self.0
    }

    /// The time `span` later, or `None` past the last one; `span` is cut to microseconds first.
    pub fn checked_add(self, span: Duration) -> Option<Self> {
        let span = i64::try_from(span.as_micros()).ok()?;
        Self::from_micros(self.as_micros().checked_add(span)?).ok()
    }

    /// The time `span` earlier, or `None` before the first one; `span` is cut to microseconds first.
    pub fn checked_sub(self, span: Duration) -> Option<Self> {
        let span = i64::try_from(span.as_micros()).ok()?;
        Self::from_micros(self.as_micros().checked_sub(span)?).ok()
    }

    /// The time `span` later, or [`Timestamp::MAX`] when that is too far.
    pub fn saturating_add(self, span: Duration) -> Self {
        self.checked_add(span).unwrap_or(Self::MAX)
    }

    /// The time `span` earlier, or [`Timestamp::MIN`] when that is too far.
    pub fn saturating_sub(self, span: Duration) -> Self {
        self.checked_sub(span).unwrap_or(Self::MIN)
    }

    /// How long ago `earlier` was, seen from this time; `None` if it is later than this time.
    pub fn checked_since(self, earlier: Self) -> Option<Duration> {
        // Both lie within the years 1 to 9999, so their distance fits an `i64`.
        u64::try_from(self.as_micros() - earlier.as_micros()).ok().map(Duration::from_micros)
    }

    /// How long ago `earlier` was, seen from this time; zero if it is later than this time.
    pub fn saturating_since(self, earlier: Self) -> Duration {
        self.checked_since(earlier).unwrap_or(Duration::ZERO)
    }
}

impl TryFrom<jiff::Timestamp> for Timestamp {
    type Error = TimestampError;

    fn try_from(time: jiff::Timestamp) -> Result<Self, Self::Error> {
        // jiff rounds towards 1970; order is kept only by rounding towards the past.
        let before = i64::from(time.subsec_nanosecond() % 1_000 < 0);
        Self::from_micros(time.as_microsecond() - before)
    }
}

impl From<Timestamp> for jiff::Timestamp {
    fn from(time: Timestamp) -> Self {
        time.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_timestamp() -> impl Strategy<Value = Timestamp> {
        (MIN_MICROS..=MAX_MICROS).prop_map(|micros| Timestamp::from_micros(micros).unwrap())
    }

    #[test]
    fn the_bounds_are_what_their_names_say() {
        assert_eq!(Timestamp::MIN.to_string(), "0001-01-01T00:00:00.000000Z");
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-30T22:00:00.999999Z");
        assert_eq!(Timestamp::MIN.as_micros(), MIN_MICROS);
        assert_eq!(Timestamp::MAX.as_micros(), MAX_MICROS);
        assert!(Timestamp::from_micros(MIN_MICROS - 1).is_err());
        assert!(Timestamp::from_micros(MAX_MICROS + 1).is_err());
        assert!(Timestamp::from_seconds(i64::MAX).is_err());
        assert!(Timestamp::try_from(jiff::Timestamp::MIN).is_err());
        assert_eq!(Timestamp::try_from(jiff::Timestamp::MAX), Ok(Timestamp::MAX));
    }

    #[test]
    fn arithmetic_stops_at_the_bounds() {
        let second = Duration::from_secs(1);
        assert_eq!(Timestamp::MAX.checked_add(second), None);
        assert_eq!(Timestamp::MIN.checked_sub(second), None);
        assert_eq!(Timestamp::UNIX_EPOCH.saturating_add(Duration::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::UNIX_EPOCH.saturating_sub(Duration::MAX), Timestamp::MIN);
        assert_eq!(
            Timestamp::UNIX_EPOCH.checked_add(Duration::from_nanos(1_999)),
            Timestamp::from_micros(1).ok()
        );
        assert_eq!(Timestamp::MIN.checked_since(Timestamp::MAX), None);
        assert!(Timestamp::MAX.checked_since(Timestamp::MIN).is_some());
    }

    proptest! {
        #[test]
        fn times_from_jiff_are_cut_towards_the_past(
            second in -62_135_596_800i64..253_402_207_200,
            nanosecond in 0i32..1_000_000_000,
        ) {
            let fine = jiff::Timestamp::new(second, 0).unwrap()
                + jiff::SignedDuration::from_nanos(i64::from(nanosecond));
            let cut = Timestamp::try_from(fine).unwrap();
            let lost = fine.as_nanosecond() - cut.to_jiff().as_nanosecond();
            prop_assert!((0..1_000).contains(&lost));
        }

        #[test]
        fn adding_then_subtracting_returns(at in any_timestamp(), micros in 0u64..1 << 60) {
            let span = Duration::from_micros(micros);
            if let Some(later) = at.checked_add(span) {
                prop_assert_eq!(later.checked_sub(span), Some(at));
                prop_assert_eq!(later.checked_since(at), Some(span));
                prop_assert!(later >= at);
            }
        }

        #[test]
        fn text_and_json_round_trip(at in any_timestamp()) {
            let text = at.to_string();
            prop_assert_eq!(text.len(), 27);
            prop_assert_eq!(text.parse::<Timestamp>().unwrap(), at);
            let json = serde_json::to_string(&at).unwrap();
            prop_assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), at);
        }
    }
}
