//! [`CursorKeys`]: what signs cursors.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::encoding::{decode, encode};
use super::{Cursor, CursorContext, CursorError, Position};
use crate::random;
use crate::secret::Secret;
use crate::security::constant_time_eq;
use crate::security::key::{Key, KeyRing, hmac_sha256};

/// The first byte of every cursor; it changes when the form does.
const VERSION: u8 = 1;
const TAG_LENGTH: usize = 16;
const PURPOSE: &[u8] = b"gravity cursor";

/// A secret that signs cursors.
#[derive(Clone, Debug)]
pub struct CursorKey(Secret<[u8; 32]>);

/// A key has not the 32 bytes it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a cursor key has 32 bytes")]
pub struct CursorKeyError;

impl CursorKey {
    /// A key of 32 bytes, which nodes that serve the same lists share.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CursorKeyError> {
        let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| CursorKeyError)?;
        Ok(Self(Secret::new(bytes)))
    }

    /// A new key. Cursors that it signed are lost when it is, such as with the process.
    pub fn random() -> Self {
        let mut bytes = [0; 32];
        random::fill(&mut bytes);
        Self(Secret::new(bytes))
    }

    fn of(key: &Key) -> Self {
        Self(key.derive(PURPOSE))
    }

    fn sign(&self, context: &CursorContext, payload: &[u8]) -> [u8; 32] {
        let length = (context.as_bytes().len() as u64).to_be_bytes();
        hmac_sha256(self.0.expose(), &[PURPOSE, &length, context.as_bytes(), payload])
    }
}

/// The keys that make and open cursors: one that signs, and earlier ones whose cursors still open.
///
/// ```
/// use gravity_core::page::{CursorContext, CursorKey, CursorKeys, Direction, Position};
///
/// let keys = CursorKeys::new(CursorKey::random());
/// let context = CursorContext::new("notes.list").filter("author", 42);
/// let place = Position { direction: Direction::Forward, values: vec![7.into(), "x".into()] };
///
/// let cursor = keys.seal(&context, &place).unwrap();
/// assert_eq!(keys.open(&context, &cursor).unwrap(), place);
///
/// let other = CursorContext::new("notes.list").filter("author", 43);
/// assert!(keys.open(&other, &cursor).is_err());
/// ```
#[derive(Clone, Debug)]
pub struct CursorKeys {
    signing: CursorKey,
    earlier: Vec<CursorKey>,
}

impl From<&KeyRing> for CursorKeys {
    /// Keys made of those of a ring, which all nodes have: the newest signs.
    fn from(ring: &KeyRing) -> Self {
        let earlier = ring.iter().skip(1).map(CursorKey::of).collect();
        Self { signing: CursorKey::of(ring.newest()), earlier }
    }
}

impl CursorKeys {
    /// A key that signs, and no earlier ones.
    pub const fn new(signing: CursorKey) -> Self {
        Self { signing, earlier: Vec::new() }
    }

    /// Lets cursors that another key has signed open, too: the one before, while it is replaced.
    pub fn with_earlier(mut self, key: CursorKey) -> Self {
        self.earlier.push(key);
        self
    }

    /// Makes the cursor of a place in the list that the context describes.
    pub fn seal(&self, context: &CursorContext, position: &Position) -> Result<Cursor, CursorError> {
        let mut bytes = vec![VERSION];
        bytes.extend(encode(position).ok_or(CursorError::TooLong)?);
        let tag = self.signing.sign(context, &bytes);
        bytes.extend(&tag[..TAG_LENGTH]);
        let text = URL_SAFE_NO_PAD.encode(bytes);
        if text.len() > Cursor::MAX_LENGTH {
            return Err(CursorError::TooLong);
        }
        Ok(Cursor::sealed(text))
    }

    /// The place that a cursor leads to, if one of the keys has signed it for this context.
    pub fn open(&self, context: &CursorContext, cursor: &Cursor) -> Result<Position, CursorError> {
        self.open_text(context, cursor.as_str()).ok_or(CursorError::Invalid)
    }

    fn open_text(&self, context: &CursorContext, text: &str) -> Option<Position> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (payload, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG_LENGTH)?)?;
        // In constant time, so that a tag cannot be guessed byte by byte.
        let is_signed = std::iter::once(&self.signing)
            .chain(&self.earlier)
            .any(|key| constant_time_eq(&key.sign(context, payload)[..TAG_LENGTH], tag));
        match payload.split_first()? {
            (&VERSION, position) if is_signed => decode(position),
            _ => None,
        }
    }
}
