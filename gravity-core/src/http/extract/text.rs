//! Reads a typed value from the text of a parameter.

use std::borrow::Cow;

use serde::de::value::{CowStrDeserializer, Error};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

/// The text of one parameter, read as whatever its type asks for.
#[derive(Debug)]
pub(crate) struct Text<'de>(pub(crate) Cow<'de, str>);

impl<'de> IntoDeserializer<'de, Error> for Text<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident => $visit:ident, $what:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.0.parse() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(Error::custom(concat!("is not ", $what))),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Text<'de> {
    type Error = Error;

    parsed! {
        deserialize_bool => visit_bool, "`true` or `false`";
        deserialize_i8 => visit_i8, "a whole number from -128 to 127";
        deserialize_i16 => visit_i16, "a whole number of 16 bits";
        deserialize_i32 => visit_i32, "a whole number of 32 bits";
        deserialize_i64 => visit_i64, "a whole number of 64 bits";
        deserialize_i128 => visit_i128, "a whole number of 128 bits";
        deserialize_u8 => visit_u8, "a whole number from 0 to 255";
        deserialize_u16 => visit_u16, "a whole number from 0 to 65535";
        deserialize_u32 => visit_u32, "a positive whole number of 32 bits";
        deserialize_u64 => visit_u64, "a positive whole number of 64 bits";
        deserialize_u128 => visit_u128, "a positive whole number of 128 bits";
        deserialize_f32 => visit_f32, "a number";
        deserialize_f64 => visit_f64, "a number";
        deserialize_char => visit_char, "one character";
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let text: CowStrDeserializer<'de, Error> = self.0.into_deserializer();
        visitor.visit_enum(text)
    }

    forward_to_deserialize_any! {
        str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
