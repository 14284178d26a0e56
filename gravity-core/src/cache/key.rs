//! [`CacheKey`]: what entries are found by.

use std::borrow::Cow;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{Entity, Id, Subject};

/// The longest key that is kept as it is, in bytes. Longer ones are kept by their hash.
const LONGEST: usize = 128;

/// What the entries of a cache are found by: a text that differs where keys differ.
///
/// ```
/// use std::borrow::Cow;
/// use gravity_core::cache::CacheKey;
///
/// struct Price {
///     product: u64,
///     currency: &'static str,
/// }
///
/// impl CacheKey for Price {
///     fn cache_key(&self) -> Cow<'_, str> {
///         format!("{}:{}", self.currency, self.product).into()
///     }
/// }
/// ```
pub trait CacheKey {
    /// The text, of any length.
    fn cache_key(&self) -> Cow<'_, str>;
}

impl CacheKey for str {
    fn cache_key(&self) -> Cow<'_, str> {
        self.into()
    }
}

impl CacheKey for String {
    fn cache_key(&self) -> Cow<'_, str> {
        self.into()
    }
}

impl CacheKey for Subject {
    fn cache_key(&self) -> Cow<'_, str> {
        self.as_str().into()
    }
}

impl<E: Entity> CacheKey for Id<E> {
    fn cache_key(&self) -> Cow<'_, str> {
        self.to_string().into()
    }
}

macro_rules! by_display {
    ($($type:ty),*) => {$(
        impl CacheKey for $type {
            fn cache_key(&self) -> Cow<'_, str> {
                self.to_string().into()
            }
        }
    )*};
}
by_display!(u16, u32, u64, u128, i16, i32, i64, i128, Uuid);

/// The key as it is kept. No key of another text is kept as the same.
pub(super) fn kept<K: CacheKey + ?Sized>(key: &K) -> Cow<'_, str> {
    bounded(key.cache_key())
}

/// A text of bounded length in place of any text.
pub(super) fn bounded(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.len() <= LONGEST && !text.starts_with('\0') {
        return text;
    }
    let mut hashed = String::with_capacity(65);
    hashed.push('\0');
    for byte in Sha256::digest(text.as_bytes()) {
        // Writing to a string does not fail.
        let _ = write!(hashed, "{byte:02x}");
    }
    hashed.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_bounded_and_stay_apart() {
        let long = "é".repeat(1_000);
        let hashed = kept(long.as_str()).into_owned();
        assert_eq!(hashed.len(), 65);
        assert_ne!(kept(hashed.as_str()), hashed);
        assert_ne!(kept(format!("{long}!").as_str()), hashed);
        assert_eq!(kept("short:1"), "short:1");
        assert_eq!(kept(&7_u64), "7");
    }
}
