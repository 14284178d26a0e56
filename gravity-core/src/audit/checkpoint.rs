//! [`Checkpoint`]: what the log came to, to be kept elsewhere.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::security::mac::Mac;

/// How far the log had come at some time, and the link of the chain there.
///
/// Kept outside of the database (in a file, a mail, another service) it finds what nothing inside of it can:
/// that the end was cut off, or that an older copy of the whole was put in place. As text it is `1042:` and the
/// link; `0:` stands for the empty log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    position: i64,
    link: Option<Mac>,
}

/// A text that is no [`Checkpoint`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no checkpoint of an audit log")]
pub struct CheckpointError;

impl Checkpoint {
    /// The beginning of every log.
    pub const START: Self = Self { position: 0, link: None };

    pub(super) fn of(position: i64, link: &[u8]) -> Option<Self> {
        match (position, link) {
            (0, []) => Some(Self::START),
            (1.., _) => Some(Self { position, link: Some(Mac::from_bytes(link).ok()?) }),
            _ => None,
        }
    }

    /// The position of the last record before it; 0 for the empty log.
    pub const fn position(&self) -> i64 {
        self.position
    }

    pub(super) fn link(&self) -> Vec<u8> {
        self.link.as_ref().map(Mac::to_bytes).unwrap_or_default()
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.position)?;
        self.link.as_ref().map_or(Ok(()), |link| write!(f, "{link}"))
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let (position, link) = text.split_once(':').ok_or(CheckpointError)?;
        let position: i64 = position.parse().map_err(|_| CheckpointError)?;
        match (position, link) {
            (0, "") => Ok(Self::START),
            (1.., _) => Ok(Self { position, link: Some(link.parse().map_err(|_| CheckpointError)?) }),
            _ => Err(CheckpointError),
        }
    }
}

impl Serialize for Checkpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Checkpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Checkpoint {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Checkpoint".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "gravity_core::audit::Checkpoint".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": 100, "pattern": "^(0:|[1-9][0-9]*:[A-Za-z0-9_-]{1,32}\\.[A-Za-z0-9_-]{43})$" })
    }
}
