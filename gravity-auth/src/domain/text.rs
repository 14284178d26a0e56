//! [`Line`] and [`Prose`]: what people write of themselves.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;

/// A text is empty, too long, or has marks that deceive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to {most} characters, none of them invisible")]
pub struct TextError {
    most: usize,
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident($breaks:literal);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name<const MOST: usize>(Box<str>);

        impl<const MOST: usize> $name<MOST> {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<const MOST: usize> FromStr for $name<MOST> {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                sound(text, MOST, $breaks).map(Self).ok_or(TextError { most: MOST })
            }
        }

        impl<const MOST: usize> fmt::Display for $name<MOST> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<const MOST: usize> Serialize for $name<MOST> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de, const MOST: usize> Deserialize<'de> for $name<MOST> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Cow::<'_, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl<const MOST: usize> JsonSchema for $name<MOST> {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                format!("{}{MOST}", stringify!($name)).into()
            }

            fn schema_id() -> Cow<'static, str> {
                format!("gravity_auth::{}{MOST}", stringify!($name)).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "minLength": 1, "maxLength": MOST })
            }
        }
    )*};
}

texts! {
    /// A line of 1 to `MOST` characters of any script, without control characters and what turns the direction of
    /// writing. White space around it goes.
    Line(false);
    /// The same, of several lines.
    Prose(true);
}

fn sound(text: &str, most: usize, may_break: bool) -> Option<Box<str>> {
    let text: String = text.trim().nfc().take(most + 1).collect();
    let is_sound = (1..=most).contains(&text.chars().count())
        && text.chars().all(|letter| match letter {
            '\n' | '\r' | '\t' => may_break,
            letter => !letter.is_control() && !turns_or_hides(letter),
        });
    is_sound.then(|| text.into())
}

/// Marks that change how other letters are shown. The joiners that some scripts and pictures need are none of them.
const fn turns_or_hides(letter: char) -> bool {
    matches!(letter, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_shows_and_fits() {
        assert_eq!(" Zoe\u{308} 🦀 ".parse::<Line<6>>().unwrap().as_str(), "Zoë 🦀");
        for text in ["", "  ", "1234567", "a\nb", "a\0b", "a\u{202e}b", &"x".repeat(1 << 20)] {
            assert_eq!(text.parse::<Line<6>>(), Err(TextError { most: 6 }), "{text:?}");
        }
        assert_eq!("a\n\tb".parse::<Prose<6>>().unwrap().as_str(), "a\n\tb");
        assert!("a\u{7}b".parse::<Prose<6>>().is_err());
    }
}
