//! The header of a token, of which little is believed.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::TokenError;
use super::error::reason;
use super::strict::{Anything, Members, Text, pass_over};

/// Members that bring the token's own key, or change how it is read. Whoever honours one of them can be
/// told what to verify with.
const REFUSED: [&str; 8] = ["crit", "jwk", "jku", "x5c", "x5u", "b64", "zip", "enc"];

/// The longest name of a key that is looked for.
const LONGEST_KEY_ID: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Header<'a> {
    pub(super) algorithm: Option<Cow<'a, str>>,
    pub(super) kind: Option<Cow<'a, str>>,
    pub(super) key_id: Option<Cow<'a, str>>,
    refused: Option<&'static str>,
}

impl<'a> Header<'a> {
    pub(super) fn read(json: &'a [u8]) -> Result<Self, TokenError> {
        let header: Self =
            serde_json::from_slice(json).map_err(|error| TokenError::Json("header", reason(&error)))?;
        if let Some(member) = header.refused {
            return Err(TokenError::HeaderMember(member));
        }
        if header.key_id.as_ref().is_some_and(|id| id.is_empty() || id.len() > LONGEST_KEY_ID) {
            return Err(TokenError::UnknownKey);
        }
        Ok(header)
    }
}

impl<'de> Deserialize<'de> for Header<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Header<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header<'de>, A::Error> {
                let (mut header, mut members) = (Header::default(), Members::new());
                while let Some(name) = members.next(&mut map)? {
                    match name {
                        "alg" => header.algorithm = Some(map.next_value_seed(Text)?),
                        "typ" => header.kind = Some(map.next_value_seed(Text)?),
                        "kid" => header.key_id = Some(map.next_value_seed(Text)?),
                        name => match REFUSED.into_iter().find(|refused| *refused == name) {
                            Some(refused) => {
                                header.refused = Some(refused);
                                pass_over(&mut map)?;
                            }
                            None => map.next_value_seed(Anything::new())?,
                        },
                    }
                }
                Ok(header)
            }
        }

        deserializer.deserialize_map(Reader)
    }
}
