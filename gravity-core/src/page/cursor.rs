//! [`Cursor`]: a place in a list, as a text that says nothing to its holder.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

/// A place in a list, as a text that its holder hands back as it is.
///
/// It is signed and not encrypted: nobody can make or change one, but what a list is sorted by can be
/// read out of it. [`CursorKeys`](super::CursorKeys) make and open them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Cursor(String);

/// Why a cursor is refused, or cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CursorError {
    /// It is not one of ours, was changed, or belongs to another query. Which of these is not said.
    #[error("the cursor does not belong to this list")]
    Invalid,
    /// The list cannot be sorted like this: by another field, or twice by one.
    #[error("the list cannot be sorted like this")]
    Order,
    /// The place takes more room than a cursor has.
    #[error("the place in the list is too long for a cursor")]
    TooLong,
}

/// What a client sent wrong is a bad request (`invalid_cursor`); a place that is too long is a fault of ours.
impl From<CursorError> for crate::Error {
    fn from(error: CursorError) -> Self {
        match error {
            CursorError::Invalid | CursorError::Order => {
                Self::bad_request("invalid_cursor", "The cursor or the order does not belong to this list.")
                    .with_source(error)
            }
            CursorError::TooLong => Self::internal(error),
        }
    }
}

impl Cursor {
    /// The most characters a cursor has.
    pub const MAX_LENGTH: usize = 4096;

    /// Callers see to the length and the alphabet.
    pub(super) const fn sealed(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Only the form is checked; whether it is a cursor of ours shows when it is opened.
impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_sound = !text.is_empty()
            && text.len() <= Self::MAX_LENGTH
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if is_sound { Ok(Self(text.to_owned())) } else { Err(CursorError::Invalid) }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Cursor {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Cursor".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "gravity_core::Cursor".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "maxLength": Self::MAX_LENGTH,
            "pattern": "^[A-Za-z0-9_-]+$",
        })
    }
}
