//! [`Path`]: the parameters of the path.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

use super::FromParts;
use super::text::Text;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::problem::Problem;
use crate::http::problems;
use crate::validate::Faults;

/// The parameters of the path: one value, a tuple in the path's order, or a struct by name.
///
/// Each is percent-decoded; one that is not what its type asks for is answered 400, named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path<T>(pub T);

impl<S, T: DeserializeOwned + JsonSchema> FromParts<S> for Path<T> {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let params = parts.params().collect::<Result<Vec<_>, _>>()?;
        match T::deserialize(Params(&params)) {
            Ok(value) => Ok(Self(value)),
            Err(_) if !suits::<T>(params.len()) => Err(Problem::new(problems::INTERNAL)
                .because(format!("the handler's `Path` does not suit the path {}", parts.route().path()))),
            Err(error) => Err(Problem::new(problems::BAD_PARAMETER).faults(blame::<T>(&params, &error))),
        }
    }

    fn describe(operation: &mut Operation<'_>) {
        let schema = operation.inline_schema_of_input::<T>();
        for (position, name) in operation.path_params().to_vec().into_iter().enumerate() {
            let own =
                schema["prefixItems"].get(position).or_else(|| schema["properties"].get(&name)).cloned();
            let own = own.unwrap_or_else(|| operation.schema_of_input::<T>());
            operation.parameter("path", &name, true, own);
        }
        operation.problems(&[problems::BAD_PARAMETER]);
    }
}

type Pair<'de> = (&'de str, Cow<'de, str>);

/// Whether the type can be read from so many parameters at all; if not, no client is to blame.
fn suits<T: JsonSchema>(params: usize) -> bool {
    let schema = schemars::schema_for!(T);
    match schema.get("prefixItems").and_then(Value::as_array) {
        Some(items) => items.len() == params,
        None => schema.get("properties").is_some() || params == 1,
    }
}

/// Finds the parameter that is at fault. A serde error does not carry it, so that the values are
/// tried one at a time; where none fails alone, the first is named.
fn blame<T: JsonSchema>(params: &[Pair<'_>], error: &Error) -> Faults {
    let schema = schemars::schema_for!(T);
    let named = params.iter().enumerate().find_map(|(position, (name, value))| {
        let faulty = match schema.as_value() {
            Value::Object(object) if object.contains_key("prefixItems") => {
                !fits(object["prefixItems"].get(position), value)
            }
            Value::Object(object) if object.contains_key("properties") => {
                !fits(object["properties"].get(*name), value)
            }
            _ => true,
        };
        faulty.then_some(*name)
    });
    let name = named.or_else(|| params.first().map(|(name, _)| *name)).unwrap_or_default();
    Faults::one(format!("/path/{name}"), "invalid", error.to_string())
}

/// Whether a text could be what a schema's type says.
fn fits(schema: Option<&Value>, text: &str) -> bool {
    match schema.and_then(|schema| schema["type"].as_str()) {
        Some("integer") => text.parse::<i128>().is_ok(),
        Some("number") => text.parse::<f64>().is_ok(),
        Some("boolean") => text.parse::<bool>().is_ok(),
        _ => true,
    }
}

/// All parameters, as the type wants them: one, in order, or by name.
struct Params<'de>(&'de [Pair<'de>]);

impl<'de> Params<'de> {
    fn texts(&self) -> impl Iterator<Item = Text<'de>> + use<'de> {
        self.0.iter().map(|(_, value)| Text(Cow::Borrowed(value)))
    }

    fn only(&self) -> Result<Text<'de>, Error> {
        let mut texts = self.texts();
        match (texts.next(), texts.next()) {
            (Some(text), None) => Ok(text),
            _ => Err(Error::custom(format!("one path parameter is read and the path has {}", self.0.len()))),
        }
    }
}

macro_rules! single {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.only()?.$method(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Params<'de> {
    type Error = Error;

    single! {
        deserialize_any deserialize_bool deserialize_char deserialize_str deserialize_string
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_option
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
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.only()?.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(SeqDeserializer::new(self.texts()))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let pairs = self.0.iter().map(|(name, value)| (*name, Text(Cow::Borrowed(value))));
        visitor.visit_map(MapDeserializer::new(pairs))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    forward_to_deserialize_any! { bytes byte_buf unit unit_struct identifier ignored_any }
}
