//! [`Patch`]: what a change says of one member.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

/// What a change says of one member that may be empty: nothing, that it shall be empty, or what it shall be.
///
/// In JSON a member that is left out stays as it is, and `null` empties it. It needs `#[serde(default)]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is empty from now on.
    Clear,
    /// It is this from now on.
    Set(T),
}

impl<T> Patch<T> {
    /// Makes the change, and says whether there was one.
    pub fn apply(self, to: &mut Option<T>) -> bool
    where
        T: PartialEq,
    {
        let new = match self {
            Self::Keep => return false,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        };
        let is_other = *to != new;
        *to = new;
        is_other
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

impl<T: JsonSchema> JsonSchema for Patch<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Change {
        #[serde(default)]
        name: Patch<String>,
    }

    #[test]
    fn nothing_null_and_a_value_differ() {
        let of = |text: &str| serde_json::from_str::<Change>(text).unwrap().name;
        assert_eq!(of("{}"), Patch::Keep);
        assert_eq!(of(r#"{"name": null}"#), Patch::Clear);
        let mut name = None;
        assert!(of(r#"{"name": "x"}"#).apply(&mut name) && name.as_deref() == Some("x"));
        assert!(!of("{}").apply(&mut name) && !of(r#"{"name": "x"}"#).apply(&mut name));
        assert!(Patch::Clear.apply(&mut name) && name.is_none());
    }
}
