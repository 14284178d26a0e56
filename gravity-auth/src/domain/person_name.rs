//! [`PersonName`]: a first or last name.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;

/// A first or last name: 1 to 50 characters of any script, without control characters and what turns the direction
/// of writing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PersonName(Box<str>);

/// A text is no name of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to 50 characters, none of them invisible")]
pub struct PersonNameError;

impl PersonName {
    /// The most characters a name has.
    pub const MAX_CHARS: usize = 50;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PersonName {
    type Err = PersonNameError;

    fn from_str(text: &str) -> Result<Self, PersonNameError> {
        let text: String = text.trim().nfc().take(Self::MAX_CHARS + 1).collect();
        let is_sound = (1..=Self::MAX_CHARS).contains(&text.chars().count())
            && text.chars().any(char::is_alphanumeric)
            && !text.chars().any(|letter| letter.is_control() || turns_or_hides(letter));
        if is_sound { Ok(Self(text.into())) } else { Err(PersonNameError) }
    }
}

/// Marks that change how other letters are shown. The joiners that some scripts need are none of them.
const fn turns_or_hides(letter: char) -> bool {
    matches!(letter, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for PersonName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PersonName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'_, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for PersonName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "PersonName".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "gravity_auth::PersonName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": Self::MAX_CHARS })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_and_nothing_else() {
        for name in [
            "Ada",
            " X Æ A-12 ",
            "O'Neil",
            "\u{5f20}\u{4f1f}",
            "Ma\u{301}ria",
            &"a".repeat(50),
            "\u{645}\u{62d}\u{645}\u{62f}",
        ] {
            assert!(name.parse::<PersonName>().is_ok(), "{name:?}");
        }
        for name in [
            "",
            "  ",
            "...",
            "a\0b",
            "a\nb",
            "\u{202e}abc",
            "a\u{200b}b",
            &"a".repeat(51),
            &"a".repeat(1 << 20),
        ] {
            assert_eq!(name.parse::<PersonName>(), Err(PersonNameError), "{name:?}");
        }
    }
}
