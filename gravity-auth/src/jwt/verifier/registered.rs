//! The claims that decide whether a token holds, read in the same pass that looks for doubled members.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::jwt::NumericDate;
use crate::jwt::strict::{Anything, Members, Text};

#[derive(Debug, Default)]
pub(super) struct Registered<'a> {
    pub(super) issuer: Option<Cow<'a, str>>,
    pub(super) audience: Option<Audiences<'a>>,
    pub(super) expires: Option<NumericDate>,
    pub(super) not_before: Option<NumericDate>,
    pub(super) issued: Option<NumericDate>,
}

/// One audience, or several.
#[derive(Debug)]
pub(super) enum Audiences<'a> {
    One(Cow<'a, str>),
    Several(Vec<Cow<'a, str>>),
}

impl Audiences<'_> {
    pub(super) fn any(&self, is: impl Fn(&str) -> bool) -> bool {
        match self {
            Self::One(one) => is(one),
            Self::Several(all) => all.iter().any(|one| is(one)),
        }
    }
}

impl<'de> Deserialize<'de> for Registered<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Registered<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Registered<'de>, A::Error> {
                let (mut claims, mut members) = (Registered::default(), Members::new());
                while let Some(name) = members.next(&mut map)? {
                    match name {
                        "iss" => claims.issuer = Some(map.next_value_seed(Text)?),
                        "aud" => claims.audience = Some(map.next_value_seed(AudiencesReader)?),
                        "exp" => claims.expires = Some(map.next_value()?),
                        "nbf" => claims.not_before = Some(map.next_value()?),
                        "iat" => claims.issued = Some(map.next_value()?),
                        _ => map.next_value_seed(Anything::new())?,
                    }
                }
                Ok(claims)
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

struct AudiencesReader;

impl<'de> DeserializeSeed<'de> for AudiencesReader {
    type Value = Audiences<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AudiencesReader {
    type Value = Audiences<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or a list of texts")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Text.visit_borrowed_str(text).map(Audiences::One)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Text.visit_str(text).map(Audiences::One)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = seq.next_element_seed(Text)? {
            all.push(one);
        }
        Ok(Audiences::Several(all))
    }
}
