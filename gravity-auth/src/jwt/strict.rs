//! JSON that leaves no doubt: every member once, no NUL, not too deep.
//!
//! Two readers of a member that is there twice may see two different tokens, so such a token is none.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// How deep claims may be nested.
const DEEPEST: u8 = 16;

/// A text of the token, borrowed from it unless it holds escapes.
#[derive(Clone, Copy)]
pub(super) struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        // A NUL cannot stand in JSON but by an escape, and what has escapes is not borrowed.
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        without_nul(text)?;
        Ok(Cow::Owned(text.to_owned()))
    }
}

fn without_nul<E: Error>(text: &str) -> Result<(), E> {
    if text.contains('\0') { Err(E::custom("a text holds U+0000")) } else { Ok(()) }
}

/// The members that an object had so far.
#[derive(Default)]
pub(super) struct Members<'de>(Vec<Cow<'de, str>>);

impl<'de> Members<'de> {
    /// Room for what a token usually has, so that it is made once.
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(16))
    }

    /// The next member, which no earlier one may be called like.
    pub(super) fn next<A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<Option<&str>, A::Error> {
        let Some(name) = map.next_key_seed(Text)? else { return Ok(None) };
        if self.0.contains(&name) {
            return Err(A::Error::custom("a member is there twice"));
        }
        if self.0.len() == 128 {
            return Err(A::Error::custom("an object has more than 128 members"));
        }
        self.0.push(name);
        Ok(self.0.last().map(AsRef::as_ref))
    }
}

/// Any value, looked through and dropped.
#[derive(Clone, Copy)]
pub(super) struct Anything(u8);

impl Anything {
    /// The value of a member of the outermost object.
    pub(super) const fn new() -> Self {
        Self(DEEPEST)
    }

    fn deeper<E: Error>(self) -> Result<Self, E> {
        self.0.checked_sub(1).map(Self).ok_or_else(|| E::custom("it is nested too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Anything {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Anything {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        without_nul(text)
    }

    fn visit_borrowed_str<E: Error>(self, _: &'de str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while seq.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut members = Members::default();
        while members.next(&mut map)?.is_some() {
            map.next_value_seed(inner)?;
        }
        Ok(())
    }
}

/// A value that is not wanted and refused together with the whole: it need only be passed over.
pub(super) fn pass_over<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(|_| ())
}
