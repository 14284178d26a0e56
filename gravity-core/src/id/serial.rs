//! [`Id`] as text: TypeID, serde and JSON schema.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Entity, Id, IdError, parse_type_id, typeid};

impl<E: Entity> fmt::Display for Id<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suffix = typeid::encode(self.uuid());
        f.write_str(E::PREFIX)?;
        f.write_str("_")?;
        f.write_str(std::str::from_utf8(&suffix).map_err(|_| fmt::Error)?)
    }
}

impl<E: Entity> fmt::Debug for Id<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<E: Entity> FromStr for Id<E> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (prefix, uuid) = parse_type_id(text)?;
        if prefix == E::PREFIX {
            Ok(Self::from_uuid(uuid))
        } else {
            Err(IdError::WrongEntity { expected: E::PREFIX, found: prefix.to_owned() })
        }
    }
}

impl<E: Entity> Serialize for Id<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, E: Entity> Deserialize<'de> for Id<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text<E>(PhantomData<E>);

        impl<E: Entity> Visitor<'_> for Text<E> {
            type Value = Id<E>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an id that begins with `{}_`", E::PREFIX)
            }

            fn visit_str<F: de::Error>(self, text: &str) -> Result<Id<E>, F> {
                text.parse().map_err(F::custom)
            }
        }

        deserializer.deserialize_str(Text(PhantomData))
    }
}

/// Named after the prefix: the ids of `user_session` are `UserSessionId`.
impl<E: Entity> JsonSchema for Id<E> {
    fn schema_name() -> Cow<'static, str> {
        let mut name: String = E::PREFIX
            .split('_')
            .flat_map(|word| {
                let (first, rest) = word.split_at(word.len().min(1));
                [first.to_ascii_uppercase(), rest.to_owned()]
            })
            .collect();
        name.push_str("Id");
        name.into()
    }

    fn schema_id() -> Cow<'static, str> {
        format!("gravity_core::Id<{}>", E::PREFIX).into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": format!("^{}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$", E::PREFIX),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{TestClock, Timestamp};

    struct Note;
    impl Entity for Note {
        const PREFIX: &'static str = "note";
    }

    struct Session;
    impl Entity for Session {
        const PREFIX: &'static str = "user_session";
    }

    const TEXT: &str = "note_01h455vb4pex5vsknk084sn02q";

    #[test]
    fn reads_and_writes_its_own_kind_only() {
        let id: Id<Note> = TEXT.parse().unwrap();
        assert_eq!(id.to_string(), TEXT);
        assert_eq!(format!("{id:?}"), TEXT);
        assert_eq!(serde_json::to_value(id).unwrap(), TEXT);
        assert_eq!(serde_json::from_value::<Id<Note>>(TEXT.into()).unwrap(), id);

        let error = TEXT.parse::<Id<Session>>().unwrap_err();
        assert_eq!(error.to_string(), "expected an id that begins with `user_session_`, got one of `note`");
        assert!(serde_json::from_str::<Id<Note>>("7").is_err());
        assert!("01h455vb4pex5vsknk084sn02q".parse::<Id<Note>>().is_err());
    }

    #[test]
    fn tells_when_it_was_made() {
        let now = Timestamp::from_micros(1_700_000_000_123_456).unwrap();
        let id: Id<Note> = Id::new(&TestClock::at(now).clock());
        assert_eq!(id.created_at().unwrap().as_millis(), now.as_millis());
        assert_eq!(Id::<Note>::from_uuid(uuid::Uuid::nil()).created_at(), None);
        assert_eq!(Id::<Note>::from_uuid(uuid::Uuid::max()).created_at(), None);
    }

    #[test]
    fn its_schema_is_named_after_the_prefix_and_accepts_its_text() {
        assert_eq!(Id::<Note>::schema_name(), "NoteId");
        assert_eq!(Id::<Session>::schema_name(), "UserSessionId");
        let schema = schemars::schema_for!(Id<Note>);
        let pattern = schema.get("pattern").unwrap().as_str().unwrap();
        let pattern = regex::Regex::new(pattern).unwrap();
        assert!(pattern.is_match(TEXT));
        assert!(!pattern.is_match("note_81h455vb4pex5vsknk084sn02q"));
        assert!(!pattern.is_match("note_01h455vb4pex5vsknk084sn02u"));
        assert!(!pattern.is_match("user_01h455vb4pex5vsknk084sn02q"));
    }
}
