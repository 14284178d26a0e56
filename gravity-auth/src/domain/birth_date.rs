//! [`BirthDate`]: when somebody was born.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use gravity_core::Timestamp;
use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// When somebody was born: a day from 1900 on, `1815-12-10` in form. That it is not to come is checked when it is
/// set, against the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BirthDate(Date);

/// A text is no day on which somebody alive was born.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a day such as `1990-12-31`, and 1900 or later")]
pub struct BirthDateError;

impl BirthDate {
    /// Whether the day has begun somewhere on earth.
    pub fn has_come(self, now: Timestamp) -> bool {
        let there = now.to_jiff().to_zoned(jiff::tz::Offset::constant(14).to_time_zone());
        self.0 <= there.date()
    }
}

impl FromStr for BirthDate {
    type Err = BirthDateError;

    fn from_str(text: &str) -> Result<Self, BirthDateError> {
        let is_day = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let day: Date =
            Some(text).filter(|_| is_day).and_then(|text| text.parse().ok()).ok_or(BirthDateError)?;
        if day.year() >= 1900 { Ok(Self(day)) } else { Err(BirthDateError) }
    }
}

impl fmt::Display for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for BirthDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BirthDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'_, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for BirthDate {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "BirthDate".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "gravity_auth::BirthDate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_days_that_have_come() {
        let day: BirthDate = "1990-02-28".parse().unwrap();
        assert_eq!(day.to_string(), "1990-02-28");
        for text in
            ["", "1990-02-30", "1899-12-31", "28.02.1990", "1990-2-28", "1990-02-28T00:00", "+01990-02-28"]
        {
            assert_eq!(text.parse::<BirthDate>(), Err(BirthDateError), "{text:?}");
        }
        let now = Timestamp::from_seconds(1_800_000_000).unwrap();
        assert!("2027-01-15".parse::<BirthDate>().unwrap().has_come(now));
        assert!(!"2027-01-17".parse::<BirthDate>().unwrap().has_come(now));
    }
}
