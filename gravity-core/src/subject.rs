//! [`Subject`]: whoever an application calls a user.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::id::{Entity, Id};

/// Whoever an application calls a user: an opaque text, cheap to clone.
///
/// Users belong to the application, whose ids may be numbers, UUIDs or names. A service keeps and
/// compares them, and reads nothing into them. A subject has 1 to 255 characters, none of them a
/// control character.
///
/// ```
/// use gravity_core::Subject;
///
/// assert_eq!(Subject::from(42), Subject::new("42").unwrap());
/// assert!(Subject::new("").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(Arc<str>);

/// Why a text is no [`Subject`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubjectError {
    /// The text is empty.
    #[error("a subject is not empty")]
    Empty,
    /// The text has more than 255 characters.
    #[error("a subject has at most {} characters", Subject::MAX_CHARS)]
    TooLong,
    /// The text has a control character.
    #[error("a subject has no control characters")]
    ControlCharacter,
}

impl Subject {
    /// The most characters a subject has.
    pub const MAX_CHARS: usize = 255;

    /// Takes a text as a subject.
    pub fn new(text: impl Into<Arc<str>>) -> Result<Self, SubjectError> {
        let text = text.into();
        if text.is_empty() {
            return Err(SubjectError::Empty);
        }
        if text.chars().nth(Self::MAX_CHARS).is_some() {
            return Err(SubjectError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(SubjectError::ControlCharacter);
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<E: Entity> From<Id<E>> for Subject {
    fn from(id: Id<E>) -> Self {
        // A TypeID has at most 90 characters, all of them printable.
        Self(id.to_string().into())
    }
}

macro_rules! from_plain {
    ($($plain:ty),*) => {$(
        impl From<$plain> for Subject {
            fn from(plain: $plain) -> Self {
                // Its text is neither empty nor long, and all of it printable.
                Self(plain.to_string().into())
            }
        }
    )*};
}

from_plain!(i32, u32, i64, u64, Uuid);

impl FromStr for Subject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl AsRef<str> for Subject {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Subject {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::new(text).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Subject {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Subject".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "gravity_core::Subject".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "maxLength": Self::MAX_CHARS,
            "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$",
        })
    }
}

crate::sql_value::sql_value!(
    [] Subject as String,
    |subject| subject.as_str().to_owned(),
    |text| Ok(Subject::new(text)?)
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_characters_not_bytes() {
        assert!(Subject::new("é".repeat(255)).is_ok());
        assert_eq!(Subject::new("é".repeat(256)), Err(SubjectError::TooLong));
        assert_eq!(Subject::new(""), Err(SubjectError::Empty));
        for text in ["a\nb", "\0", "\u{7f}", "\u{9b}31m"] {
            assert_eq!(Subject::new(text), Err(SubjectError::ControlCharacter));
        }
    }

    #[test]
    fn json_is_checked_too() {
        let subject: Subject = serde_json::from_str(r#""caf\u00e9""#).unwrap();
        assert_eq!(subject.as_str(), "café");
        assert!(serde_json::from_str::<Subject>(r#""a\u0000""#).is_err());
        assert!(serde_json::from_str::<Subject>("7").is_err());
    }

    #[test]
    fn plain_ids_become_subjects() {
        assert_eq!(Subject::from(-7i64).as_str(), "-7");
        assert_eq!(Subject::from(u64::MAX).as_str(), "18446744073709551615");
        assert_eq!(Subject::from(Uuid::nil()).as_str(), "00000000-0000-0000-0000-000000000000");
    }
}
