//! [`Key`] and [`KeyRing`]: keys with names, so that they can be replaced.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::random;
use crate::secret::{Secret, SecretString};

const BASE64: GeneralPurpose = base64_of(&alphabet::STANDARD);
const BASE64URL: GeneralPurpose = base64_of(&alphabet::URL_SAFE);

const fn base64_of(alphabet: &alphabet::Alphabet) -> GeneralPurpose {
    let padding = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(alphabet, padding)
}

/// The name of a key: 1 to 32 of `A-Z a-z 0-9 _ -`. It is no secret.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(Box<str>);

/// Why something is no key, or no ring of keys. It never says what was in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The name is empty, too long or has a character it may not have.
    #[error("a key's name has 1 to 32 letters, digits, `_` and `-`")]
    Id,
    /// The key has not 32 bytes.
    #[error("a key has 32 bytes")]
    Length,
    /// The text is not a name, a colon and the key in base64.
    #[error("a key is written as `name:base64`")]
    Form,
    /// Two keys of a ring have one name.
    #[error("two keys are named `{0}`")]
    Duplicate(KeyId),
    /// A ring has no key.
    #[error("at least one key is needed")]
    Empty,
}

impl KeyId {
    /// A name.
    pub fn new(text: &str) -> Result<Self, KeyError> {
        let is_sound = (1..=32).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        if is_sound { Ok(Self(text.into())) } else { Err(KeyError::Id) }
    }

    /// The name as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A secret of 32 bytes with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    id: KeyId,
    bytes: Secret<[u8; 32]>,
}

impl Key {
    /// A key of these 32 bytes.
    pub fn new(id: &str, bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| KeyError::Length)?;
        Ok(Self { id: KeyId::new(id)?, bytes: Secret::new(bytes) })
    }

    /// A new key.
    pub fn generate(id: &str) -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        random::fill(&mut *bytes);
        Self::new(id, &*bytes)
    }

    /// The key's name.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The text that it can be read from: `name:base64`.
    pub fn to_text(&self) -> SecretString {
        let bytes = Zeroizing::new(BASE64.encode(self.bytes.expose()));
        SecretString::new(format!("{}:{}", self.id, *bytes))
    }

    /// A key for one purpose, from which neither this one nor that for another purpose can be learned:
    /// one key may so serve several uses without one endangering another.
    pub(crate) fn derive(&self, purpose: &[u8]) -> Secret<[u8; 32]> {
        Secret::new(hmac_sha256(self.bytes.expose(), &[purpose]))
    }
}

/// Reads `name:base64`, the base64 of either alphabet and with padding or without.
impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (id, encoded) = text.split_once(':').ok_or(KeyError::Form)?;
        let engine = if encoded.contains(['-', '_']) { BASE64URL } else { BASE64 };
        let bytes = Zeroizing::new(engine.decode(encoded).map_err(|_| KeyError::Form)?);
        Self::new(id, &bytes)
    }
}

/// Keys that follow each other: the newest does the work, those before it still open what they closed.
///
/// To replace a key, put a new one in front; take the old one away when nothing is left that it made.
/// As a setting, a ring is one text: keys as `name:base64`, the newest first, separated by commas or
/// white space.
///
/// ```
/// use gravity_core::security::{Key, KeyRing};
///
/// let ring = KeyRing::new(Key::generate("2026-07").unwrap())
///     .with_earlier(Key::generate("2026-01").unwrap()).unwrap();
/// assert_eq!(ring.newest().id().as_str(), "2026-07");
///
/// let text = "2026-07:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=, 2026-01:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
/// let ring: KeyRing = text.parse().unwrap();
/// assert_eq!(ring.iter().count(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct KeyRing {
    newest: Key,
    earlier: Vec<Key>,
}

impl KeyRing {
    /// One key, and none before it.
    pub const fn new(newest: Key) -> Self {
        Self { newest, earlier: Vec::new() }
    }

    /// Adds a key that came before those in the ring.
    pub fn with_earlier(mut self, key: Key) -> Result<Self, KeyError> {
        if self.get(key.id()).is_some() {
            return Err(KeyError::Duplicate(key.id));
        }
        self.earlier.push(key);
        Ok(self)
    }

    /// The key that does the work.
    pub const fn newest(&self) -> &Key {
        &self.newest
    }

    /// The key of a name.
    pub fn get(&self, id: &KeyId) -> Option<&Key> {
        self.iter().find(|key| key.id == *id)
    }

    /// All keys, the newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.newest).chain(&self.earlier)
    }
}

impl FromStr for KeyRing {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut keys = text
            .split(|letter: char| letter == ',' || letter.is_whitespace())
            .filter(|part| !part.is_empty())
            .map(Key::from_str);
        let newest = keys.next().ok_or(KeyError::Empty)??;
        keys.try_fold(Self::new(newest), |ring, key| ring.with_earlier(key?))
    }
}

impl<'de> Deserialize<'de> for KeyRing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = SecretString::deserialize(deserializer)?;
        text.expose().parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for KeyRing {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "KeyRing".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "gravity_core::KeyRing".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "password", "writeOnly": true })
    }
}

/// HMAC-SHA256 of these parts, one after the other.
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes any key");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let key = Key::generate("2026-01").unwrap();
        assert_eq!(key.to_text().expose().parse::<Key>().unwrap(), key);
        let url_safe = key.to_text().expose().replace('+', "-").replace('/', "_").replace('=', "");
        assert_eq!(url_safe.parse::<Key>().unwrap(), key);
        assert!(!format!("{key:?}").contains(&key.to_text().expose()[8..]));
    }

    #[test]
    fn refuses_what_is_no_key_without_showing_it() {
        let good = "A".repeat(43);
        for (text, error) in [
            (String::new(), KeyError::Form),
            (good.clone(), KeyError::Form),
            (format!(":{good}"), KeyError::Id),
            (format!("ä:{good}"), KeyError::Id),
            (format!("{}:{good}", "x".repeat(33)), KeyError::Id),
            ("a:c2hvcnQ=".to_owned(), KeyError::Length),
            ("a:!!!".to_owned(), KeyError::Form),
            ("a:".to_owned(), KeyError::Length),
        ] {
            assert_eq!(text.parse::<Key>().unwrap_err(), error, "{text}");
        }
        let twice = format!("a:{good}\n a:{good}").parse::<KeyRing>().unwrap_err();
        assert_eq!(twice, KeyError::Duplicate(KeyId::new("a").unwrap()));
        assert_eq!(" ,\n".parse::<KeyRing>().unwrap_err(), KeyError::Empty);
    }

    #[test]
    fn a_ring_is_read_as_a_setting() {
        let text = format!("b:{}\na:{}\n", "A".repeat(43), "B".repeat(42) + "A");
        let ring: KeyRing = serde_json::from_value(text.into()).unwrap();
        let names: Vec<_> = ring.iter().map(|key| key.id().as_str()).collect();
        assert_eq!(names, ["b", "a"]);
        let error = serde_json::from_str::<KeyRing>(r#""hunter2""#).unwrap_err();
        assert!(!error.to_string().contains("hunter2"));
    }

    /// The cases of RFC 4231 with tags that are not cut.
    #[test]
    fn hmac_by_its_published_vectors() {
        let long = [0xaa; 131];
        for (key, data, tag) in [
            (
                &[0x0b; 20][..],
                &b"Hi There"[..],
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (&[0xaa; 20], &[0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            (
                &(1..=25).collect::<Vec<u8>>(),
                &[0xcd; 50],
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
            ),
            (
                &long,
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                &long,
                b"This is a test using a larger than block-size key and a larger than block-size data. \
                  The key needs to be hashed before being used by the HMAC algorithm.",
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ] {
            let (head, tail) = data.split_at(data.len() / 2);
            let expected = u128::from_str_radix(&tag[..32], 16).unwrap().to_be_bytes();
            let made = hmac_sha256(key, &[head, tail]);
            assert_eq!(made[..16], expected);
            assert_eq!(made[16..], u128::from_str_radix(&tag[32..], 16).unwrap().to_be_bytes());
        }
    }
}
