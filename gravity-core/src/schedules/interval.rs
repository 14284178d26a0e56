//! [`Interval`]: every so often.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Timestamp;

/// Every so often: whole seconds, from one to 366 days. No clock change touches it.
///
/// Its ticks lie on a grid that goes through a start, so that they neither drift nor depend on when somebody
/// looked: every 90 s from 12:00:00 is 12:01:30, 12:03:00 and so on. As text it is `90s`, `15m`, `6h` or `1d`.
///
/// ```
/// use gravity_core::Timestamp;
/// use gravity_core::schedules::Interval;
///
/// let interval: Interval = "90s".parse().unwrap();
/// let start: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
/// let late = "2026-03-01T12:02:59Z".parse().unwrap();
/// assert_eq!(interval.next(late, start).unwrap().to_string(), "2026-03-01T12:03:00.000000Z");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Interval(u32);

/// A text or a duration is no [`Interval`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an interval is a whole number of seconds from 1 to 366 days, such as `90s`, `15m`, `6h` or `1d`")]
pub struct IntervalError;

const DAY: u32 = 86_400;
const UNITS: [(char, u32); 4] = [('d', DAY), ('h', 3_600), ('m', 60), ('s', 1)];

impl Interval {
    /// The longest one.
    pub const MAX: Self = Self(366 * DAY);

    /// Every `span`.
    pub fn new(span: Duration) -> Result<Self, IntervalError> {
        match u32::try_from(span.as_secs()) {
            Ok(seconds @ 1..) if span.subsec_nanos() == 0 && seconds <= Self::MAX.0 => Ok(Self(seconds)),
            _ => Err(IntervalError),
        }
    }

    /// How long it is.
    pub fn span(self) -> Duration {
        Duration::from_secs(self.0.into())
    }

    /// The first tick after a time, on the grid that goes through `start`; never the start itself or one
    /// before it. `None` past the last time there is.
    pub fn next(self, after: Timestamp, start: Timestamp) -> Option<Timestamp> {
        let span = i64::from(self.0) * 1_000_000;
        let steps = (after.as_micros() - start.as_micros()).max(0) / span + 1;
        Timestamp::from_micros(start.as_micros().checked_add(steps.checked_mul(span)?)?).ok()
    }
}

impl FromStr for Interval {
    type Err = IntervalError;

    fn from_str(text: &str) -> Result<Self, IntervalError> {
        let (unit, seconds) =
            UNITS.into_iter().find(|(unit, _)| text.ends_with(*unit)).ok_or(IntervalError)?;
        let count = text.strip_suffix(unit).unwrap_or_default();
        if count.is_empty() || count.len() > 9 || !count.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(IntervalError);
        }
        let count: u64 = count.parse().map_err(|_| IntervalError)?;
        Self::new(Duration::from_secs(count * u64::from(seconds)))
    }
}

/// In the largest unit of which it is a whole number.
impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, seconds) =
            UNITS.into_iter().find(|(_, seconds)| self.0.is_multiple_of(*seconds)).unwrap_or(('s', 1));
        write!(f, "{}{unit}", self.0 / seconds)
    }
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Interval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Interval {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Interval".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "gravity_core::schedules::Interval".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]{1,9}[dhms]$" })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bounds_and_forms() {
        for (text, written) in
            [("90s", "90s"), ("60s", "1m"), ("24h", "1d"), ("007m", "7m"), ("366d", "366d"), ("1s", "1s")]
        {
            assert_eq!(text.parse::<Interval>().unwrap().to_string(), written);
        }
        for bad in ["", "s", "0s", "-1s", "+1s", "1.5h", "1w", "90", "90 s", "367d", "9999999999s", "１s"] {
            assert!(bad.parse::<Interval>().is_err(), "{bad}");
        }
        assert!(Interval::new(Duration::from_millis(1_500)).is_err());
        assert!(Interval::new(Duration::MAX).is_err());
        assert_eq!(Interval(5).next(Timestamp::MAX, Timestamp::UNIX_EPOCH), None);
    }

    proptest! {
        #[test]
        fn ticks_lie_on_the_grid(seconds in 1..=366 * DAY, start in -1 << 50..1_i64 << 50, off in -1 << 50..1_i64 << 50) {
            let interval = Interval(seconds);
            prop_assert_eq!(interval.to_string().parse::<Interval>().unwrap(), interval);
            let start = Timestamp::from_micros(start).unwrap();
            let after = Timestamp::from_micros(start.as_micros() + off).unwrap();
            let tick = interval.next(after, start).unwrap();
            let span = i64::from(seconds) * 1_000_000;
            prop_assert_eq!((tick.as_micros() - start.as_micros()) % span, 0);
            prop_assert!(tick > after && tick > start);
            prop_assert!(tick.as_micros() - after.as_micros() <= span || tick.as_micros() - start.as_micros() == span);
        }
    }
}
