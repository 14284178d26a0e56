//! [`NumericDate`].

use std::fmt;

use gravity_core::Timestamp;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The last second of the year 9999, as far as a [`Timestamp`] goes.
const LATEST: i64 = 253_402_207_200;

/// A time in a claim: seconds since the start of 1970 (RFC 7519, section 2).
///
/// It is written as a whole number. A fraction, which the RFC allows, is read and cut off; a number before
/// 1970 or after the year 9999, or a text, is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NumericDate(i64);

impl NumericDate {
    /// The second that this time lies in; times before 1970 become its start.
    pub fn of(time: Timestamp) -> Self {
        Self(time.as_seconds().clamp(0, LATEST))
    }

    /// Seconds since the start of 1970.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// The start of the second.
    pub fn timestamp(self) -> Timestamp {
        // Every way to make one keeps it below the last.
        Timestamp::from_seconds(self.0).unwrap_or(Timestamp::MAX)
    }

    fn checked(seconds: i64) -> Option<Self> {
        (0..=LATEST).contains(&seconds).then_some(Self(seconds))
    }
}

impl From<Timestamp> for NumericDate {
    fn from(time: Timestamp) -> Self {
        Self::of(time)
    }
}

impl Serialize for NumericDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Seconds;

        impl Visitor<'_> for Seconds {
            type Value = NumericDate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("seconds since the start of 1970")
            }

            fn visit_i64<E: Error>(self, seconds: i64) -> Result<NumericDate, E> {
                NumericDate::checked(seconds)
                    .ok_or_else(|| E::invalid_value(Unexpected::Signed(seconds), &self))
            }

            fn visit_u64<E: Error>(self, seconds: u64) -> Result<NumericDate, E> {
                let found = i64::try_from(seconds).ok().and_then(NumericDate::checked);
                found.ok_or_else(|| E::invalid_value(Unexpected::Unsigned(seconds), &self))
            }

            #[expect(clippy::cast_possible_truncation, reason = "what does not fit is refused first")]
            fn visit_f64<E: Error>(self, seconds: f64) -> Result<NumericDate, E> {
                // Also false for what is no number.
                if (0.0..=253_402_207_200.0).contains(&seconds) {
                    Ok(NumericDate(seconds as i64))
                } else {
                    Err(E::invalid_value(Unexpected::Float(seconds), &self))
                }
            }
        }

        deserializer.deserialize_any(Seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_within_the_calendar_only() {
        for (text, seconds) in
            [("0", 0), ("1300819380", 1_300_819_380), ("12.999", 12), ("1e9", 1_000_000_000)]
        {
            assert_eq!(serde_json::from_str::<NumericDate>(text).unwrap().seconds(), seconds, "{text}");
        }
        for text in [
            "-1",
            "-0.5",
            "253402207201",
            "9223372036854775808",
            "18446744073709551616",
            "1e300",
            "1e400",
            "null",
            "true",
            "\"1300819380\"",
            "[1]",
            "{}",
            "NaN",
        ] {
            assert!(serde_json::from_str::<NumericDate>(text).is_err(), "{text}");
        }
        assert_eq!(NumericDate::of(Timestamp::MAX).timestamp().as_seconds(), LATEST);
        assert_eq!(NumericDate::of(Timestamp::MIN).seconds(), 0);
    }
}
