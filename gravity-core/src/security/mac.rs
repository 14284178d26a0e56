//! [`MacKeys`]: keyed checksums, by which a token is known without being kept.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::compare::constant_time_eq;
use super::key::{Key, KeyId, KeyRing, hmac_sha256};
use crate::secret::Secret;

const PURPOSE: &[u8] = b"gravity mac 1";
const TAG_LENGTH: usize = 32;

/// Keyed checksums (HMAC-SHA256) under keys that can be replaced.
///
/// A store keeps the [`Mac`] of a token in the token's place: who reads the table cannot use what is
/// in it, and, without the key, cannot even try guesses. The context says what the token is for; a
/// checksum of one context never holds in another.
///
/// ```
/// use gravity_core::security::mac::MacKeys;
/// use gravity_core::security::{Key, KeyRing};
///
/// let old = Key::generate("2026-01").unwrap();
/// let keys = MacKeys::new(&KeyRing::new(old.clone()));
/// let kept = keys.sign("auth.refresh_token", "the token").to_string();
///
/// // The key is replaced. Rows of before are still found, and still hold.
/// let ring = KeyRing::new(Key::generate("2026-07").unwrap()).with_earlier(old).unwrap();
/// let keys = MacKeys::new(&ring);
/// let candidates = keys.lookup_values("auth.refresh_token", "the token");
/// assert_eq!(candidates[1].to_string(), kept);
/// assert!(keys.verify("auth.refresh_token", "the token", &kept.parse().unwrap()));
/// assert!(!keys.verify("auth.reset_token", "the token", &kept.parse().unwrap()));
/// ```
#[derive(Clone, Debug)]
pub struct MacKeys(Vec<MacKey>);

#[derive(Clone, Debug)]
struct MacKey {
    id: KeyId,
    key: Secret<[u8; 32]>,
}

impl MacKeys {
    /// The keys of a ring: the newest signs, all verify.
    pub fn new(ring: &KeyRing) -> Self {
        let of_ring = |key: &Key| MacKey { id: key.id().clone(), key: key.derive(PURPOSE) };
        Self(ring.iter().map(of_ring).collect())
    }

    /// The checksum under the newest key.
    pub fn sign(&self, context: &str, data: impl AsRef<[u8]>) -> Mac {
        // A ring has at least one key.
        self.0[0].sign(context, data.as_ref())
    }

    /// Whether this is the checksum of the data under one of the keys. In constant time but for the
    /// key's name, which is no secret.
    pub fn verify(&self, context: &str, data: impl AsRef<[u8]>, mac: &Mac) -> bool {
        let key = self.0.iter().find(|key| key.id == mac.key_id);
        key.is_some_and(|key| key.sign(context, data.as_ref()) == *mac)
    }

    /// The checksum under each key, the newest first: a store looks for a row with any of them.
    pub fn lookup_values(&self, context: &str, data: impl AsRef<[u8]>) -> Vec<Mac> {
        self.0.iter().map(|key| key.sign(context, data.as_ref())).collect()
    }

    /// Whether another key than the newest made this one, so that it is time to replace it.
    pub fn is_outdated(&self, mac: &Mac) -> bool {
        self.0[0].id != mac.key_id
    }
}

impl MacKey {
    fn sign(&self, context: &str, data: &[u8]) -> Mac {
        let length = (context.len() as u64).to_be_bytes();
        let tag = hmac_sha256(self.key.expose(), &[&length, context.as_bytes(), data]);
        Mac { key_id: self.id.clone(), tag }
    }
}

/// A checksum, and which key made it.
///
/// As a text it is `2026-01.` and 43 characters of base64url, which fits a column with an index; as
/// bytes, the length of the key's name, the name, and the 32 bytes of the checksum.
/// Checksums compare in constant time.
#[derive(Clone, Debug)]
pub struct Mac {
    key_id: KeyId,
    tag: [u8; TAG_LENGTH],
}

/// A text or bytes that are no [`Mac`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no keyed checksum")]
pub struct MacError;

impl Mac {
    /// The name of the key that made it.
    pub const fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// The form for a binary column.
    pub fn to_bytes(&self) -> Vec<u8> {
        let id = self.key_id.as_str().as_bytes();
        let mut bytes = Vec::with_capacity(1 + id.len() + TAG_LENGTH);
        // A name has at most 32 bytes.
        bytes.push(u8::try_from(id.len()).unwrap_or(u8::MAX));
        bytes.extend(id);
        bytes.extend(self.tag);
        bytes
    }

    /// Reads the form of a binary column.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MacError> {
        let (length, rest) = bytes.split_first().ok_or(MacError)?;
        let (id, tag) = rest.split_at_checked(usize::from(*length)).ok_or(MacError)?;
        Self::of(std::str::from_utf8(id).map_err(|_| MacError)?, tag)
    }

    fn of(id: &str, tag: &[u8]) -> Result<Self, MacError> {
        let key_id = KeyId::new(id).map_err(|_| MacError)?;
        Ok(Self { key_id, tag: tag.try_into().map_err(|_| MacError)? })
    }
}

impl PartialEq for Mac {
    fn eq(&self, other: &Self) -> bool {
        self.key_id == other.key_id && constant_time_eq(self.tag, other.tag)
    }
}

impl Eq for Mac {}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.key_id, URL_SAFE_NO_PAD.encode(self.tag))
    }
}

impl FromStr for Mac {
    type Err = MacError;

    fn from_str(text: &str) -> Result<Self, MacError> {
        let (id, tag) = text.split_once('.').ok_or(MacError)?;
        Self::of(id, &URL_SAFE_NO_PAD.decode(tag).map_err(|_| MacError)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(names: &[&str]) -> MacKeys {
        let mut all = names.iter().map(|name| Key::new(name, &[name.as_bytes()[0]; 32]).unwrap());
        let ring = KeyRing::new(all.next().unwrap());
        MacKeys::new(&all.fold(ring, |ring, key| ring.with_earlier(key).unwrap()))
    }

    #[test]
    fn is_what_it_was_made_as() {
        // By Python's hmac, from the description above.
        let keys = MacKeys::new(&KeyRing::new(Key::new("k", &[7; 32]).unwrap()));
        assert_eq!(keys.sign("ctx", "data").to_string(), KNOWN);
    }

    const KNOWN: &str = "k.P0cJ3u5vpEstxH9lLkBbsNqs9YQ8-WC4WUBX0pB6Dqk";

    #[test]
    fn keys_are_replaced_without_losing_what_they_signed() {
        let before = keys(&["a"]).sign("t", "x");
        let during = keys(&["b", "a"]);
        assert!(during.verify("t", "x", &before));
        assert!(during.is_outdated(&before));
        assert!(!during.is_outdated(&during.sign("t", "x")));
        assert_eq!(during.lookup_values("t", "x"), [during.sign("t", "x"), before.clone()]);
        assert!(!keys(&["b"]).verify("t", "x", &before));
    }

    #[test]
    fn a_key_of_the_same_name_with_other_bytes_verifies_nothing() {
        let mac = keys(&["a"]).sign("t", "x");
        let other = MacKeys::new(&KeyRing::new(Key::new("a", &[0; 32]).unwrap()));
        assert!(!other.verify("t", "x", &mac));
    }

    #[test]
    fn refuses_what_is_no_mac() {
        let good = keys(&["a"]).sign("t", "x");
        let text = good.to_string();
        for bad in [
            "",
            ".",
            "a",
            "a.",
            &text[1..],
            &text[..text.len() - 1],
            &format!("{text}A"),
            &format!(" {text}"),
        ] {
            assert!(bad.parse::<Mac>().is_err(), "{bad}");
        }
        let bytes = good.to_bytes();
        for bad in [&[][..], &[255], &bytes[1..], &bytes[..bytes.len() - 1], &[&bytes[..], b"x"].concat()] {
            assert!(Mac::from_bytes(bad).is_err());
        }
    }

    proptest! {
        #[test]
        fn contexts_and_data_never_run_into_each_other(
            one in ("[ab]{0,3}", "[ab]{0,3}"), other in ("[ab]{0,3}", "[ab]{0,3}")
        ) {
            let keys = keys(&["a", "b"]);
            let mac = keys.sign(&one.0, &one.1);
            prop_assert_eq!(keys.verify(&other.0, &other.1, &mac), one == other);
        }

        #[test]
        fn text_and_bytes_keep_it(data: Vec<u8>) {
            let mac = keys(&["a"]).sign("t", &data);
            prop_assert_eq!(&mac.to_string().parse::<Mac>().unwrap(), &mac);
            prop_assert_eq!(&Mac::from_bytes(&mac.to_bytes()).unwrap(), &mac);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, text: String) {
            let _ = Mac::from_bytes(&bytes);
            let _ = text.parse::<Mac>();
        }
    }
}
