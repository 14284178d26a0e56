//! [`Timestamp`] as text: RFC 3339, serde and JSON schema.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Timestamp, TimestampError};

/// Whether `text` is a date and time as RFC 3339 has it, on a day that exists.
pub fn is_rfc3339(text: &str) -> bool {
    has_rfc3339_shape(text) && text.parse::<jiff::Timestamp>().is_ok()
}

/// jiff reads more than RFC 3339 (`2026-03-01 09:30[Europe/Paris]`); this is the part it may read.
fn has_rfc3339_shape(text: &str) -> bool {
    fn digits(bytes: &[u8], shape: &[u8]) -> bool {
        bytes.len() == shape.len()
            && bytes.iter().zip(shape).all(|(byte, shape)| match shape {
                b'0' => byte.is_ascii_digit(),
                b'T' => matches!(byte, b'T' | b't'),
                _ => byte == shape,
            })
    }

    let Some((moment, rest)) = text.as_bytes().split_at_checked(19) else {
        return false;
    };
    if !digits(moment, b"0000-00-00T00:00:00") {
        return false;
    }
    let zone = match rest.strip_prefix(b".") {
        Some(fraction) => {
            let count = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
            // RFC 3339 sets no bound; nanoseconds are the finest that anything sends.
            if !(1..=9).contains(&count) {
                return false;
            }
            &fraction[count..]
        }
        None => rest,
    };
    match zone {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', offset @ ..] => {
            digits(offset, b"00:00") && &offset[0..2] <= b"23".as_slice() && &offset[3..5] <= b"59".as_slice()
        }
        _ => false,
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !has_rfc3339_shape(text) {
            return Err(TimestampError::Malformed);
        }
        let time: jiff::Timestamp = text.parse().map_err(|_| TimestampError::Malformed)?;
        Self::try_from(time)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6}", self.to_jiff())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Timestamp;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date and time in RFC 3339 form")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}

impl JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "gravity_core::Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_rfc_3339_allows() {
        for (text, expected) in [
            ("2026-03-01T09:30:00Z", "2026-03-01T09:30:00.000000Z"),
            ("2026-03-01t09:30:00z", "2026-03-01T09:30:00.000000Z"),
            ("2026-03-01T09:30:00.5+05:30", "2026-03-01T04:00:00.500000Z"),
            ("2026-03-01T00:30:00-00:00", "2026-03-01T00:30:00.000000Z"),
            ("2024-02-29T23:59:60Z", "2024-02-29T23:59:59.000000Z"),
            ("1969-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59.999999Z"),
            ("0001-01-01T00:00:00.0000001Z", "0001-01-01T00:00:00.000000Z"),
        ] {
            let time: Timestamp = text.parse().expect(text);
            assert_eq!(time.to_string(), expected);
            assert!(is_rfc3339(text), "{text}");
        }
    }

    #[test]
    fn refuses_what_it_does_not() {
        for text in [
            "",
            "2026-03-01",
            "2026-03-01T09:30:00",
            "2026-03-01 09:30:00Z",
            "2026-03-01T09:30Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-03-01T24:00:00Z",
            "2026-03-01T09:30:00.Z",
            "2026-03-01T09:30:00.0000000001Z",
            "2026-03-01T09:30:00+0100",
            "2026-03-01T09:30:00+24:00",
            "2026-03-01T09:30:00Z[Europe/Paris]",
            "+002026-03-01T09:30:00Z",
            " 2026-03-01T09:30:00Z",
            "2026-03-01T09:30:00Z ",
            "２０２６-03-01T09:30:00Z",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
            assert!(!is_rfc3339(text), "{text}");
        }
        assert_eq!("0000-12-31T23:59:59Z".parse::<Timestamp>(), Err(TimestampError::OutOfRange));
        assert!(serde_json::from_str::<Timestamp>("1700000000").is_err());
    }
}
