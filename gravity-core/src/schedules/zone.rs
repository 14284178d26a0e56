//! [`Zone`]: a time zone by its name.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use jiff::tz::TimeZone;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A time zone of the IANA database, such as `Europe/Berlin`, or `UTC`.
///
/// It is looked up in the system's database first and else in one that is compiled in. Letters may be small.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone {
    zone: TimeZone,
    name: Cow<'static, str>,
}

/// There is no time zone of this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone of this name; one is called as `Europe/Berlin` is")]
pub struct UnknownZone;

impl Zone {
    /// The most bytes that a name has.
    pub const MAX_LENGTH: usize = 64;
    /// Coordinated universal time, whose clocks never change.
    pub const UTC: Self = Self { zone: TimeZone::UTC, name: Cow::Borrowed("UTC") };

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same zone for jiff.
    pub fn time_zone(&self) -> &TimeZone {
        &self.zone
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::UTC
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        if name.eq_ignore_ascii_case("UTC") {
            return Ok(Self::UTC);
        }
        // Names become parts of paths where the system keeps a file for each.
        let is_sound = name.len() <= Self::MAX_LENGTH
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-+/".contains(&byte));
        let zone =
            if is_sound { TimeZone::get(name).map_err(|_| UnknownZone)? } else { return Err(UnknownZone) };
        let name = zone.iana_name().ok_or(UnknownZone)?.to_owned();
        Ok(Self { zone, name: name.into() })
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({self})")
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Zone {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Zone".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "gravity_core::schedules::Zone".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": Self::MAX_LENGTH })
    }
}
