//! Schemas: a value is valid where a plain reading of the rules says so, and every fault leads to its place.
#![no_main]

use std::borrow::Cow;

use arbitrary::Arbitrary;
use gravity_core::validate::Schema;
use gravity_core_fuzz::leads_somewhere;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    shape: Shape,
    value: Datum,
    texts: (&'a str, &'a str),
    pairs: Vec<(&'a str, &'a str)>,
}

/// A schema of which the test knows what it means.
#[derive(Debug, Arbitrary)]
enum Shape {
    Any,
    Never,
    Null,
    Bool,
    Integer { min: Option<i32>, max: Option<i32> },
    Number { above: Option<i16>, below: Option<i16> },
    Text { min: Option<u8>, max: Option<u8> },
    Array { items: Box<Shape>, min: Option<u8>, max: Option<u8> },
    Object { members: Vec<(Name, Shape, bool)>, open: bool },
    AnyOf(Vec<Shape>),
    AllOf(Vec<Shape>),
    OneOf(Vec<Shape>),
    Not(Box<Shape>),
    Const(Datum),
    Enum(Vec<Datum>),
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Name {
    Plain,
    Slash,
    Tilde,
    Empty,
}

impl Name {
    fn text(self) -> &'static str {
        match self {
            Self::Plain => "a",
            Self::Slash => "a/b",
            Self::Tilde => "~1",
            Self::Empty => "",
        }
    }
}

#[derive(Debug, Clone, Arbitrary)]
enum Datum {
    Null,
    Bool(bool),
    Integer(i32),
    Number(f32),
    Text(String),
    Array(Vec<Datum>),
    Object(Vec<(Name, Datum)>),
}

impl Datum {
    fn json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(bool) => json!(bool),
            Self::Integer(integer) => json!(integer),
            Self::Number(number) => json!(number),
            Self::Text(text) => json!(text),
            Self::Array(items) => items.iter().map(Self::json).collect(),
            Self::Object(members) => {
                members.iter().map(|(name, datum)| (name.text(), datum.json())).collect()
            }
        }
    }
}

fn list(shapes: &[Shape]) -> Value {
    // An empty list of alternatives is malformed.
    if shapes.is_empty() { json!([true]) } else { shapes.iter().map(Shape::json).collect() }
}

impl Shape {
    fn json(&self) -> Value {
        let with = |kind: &str, rules: [(&str, Option<Value>); 2]| {
            let mut schema = Map::from_iter([("type".to_owned(), json!(kind))]);
            schema.extend(rules.into_iter().filter_map(|(name, rule)| Some((name.to_owned(), rule?))));
            Value::Object(schema)
        };
        match self {
            Self::Any => json!({}),
            Self::Never => json!(false),
            Self::Null => json!({"type": "null"}),
            Self::Bool => json!({"type": "boolean"}),
            Self::Integer { min, max } => {
                with("integer", [("minimum", min.map(Into::into)), ("maximum", max.map(Into::into))])
            }
            Self::Number { above, below } => {
                let rules = [
                    ("exclusiveMinimum", above.map(Into::into)),
                    ("exclusiveMaximum", below.map(Into::into)),
                ];
                with("number", rules)
            }
            Self::Text { min, max } => {
                with("string", [("minLength", min.map(Into::into)), ("maxLength", max.map(Into::into))])
            }
            Self::Array { items, min, max } => {
                let mut schema =
                    with("array", [("minItems", min.map(Into::into)), ("maxItems", max.map(Into::into))]);
                schema["items"] = items.json();
                schema
            }
            Self::Object { members, open } => {
                let properties: Map<_, _> =
                    members.iter().map(|(name, shape, _)| (name.text().to_owned(), shape.json())).collect();
                let mut required: Vec<_> =
                    members.iter().filter(|(_, _, needed)| *needed).map(|(name, ..)| name.text()).collect();
                required.sort_unstable();
                required.dedup();
                json!({"type": "object", "properties": properties, "required": required, "additionalProperties": open})
            }
            Self::AnyOf(shapes) => json!({ "anyOf": list(shapes) }),
            Self::AllOf(shapes) => json!({ "allOf": list(shapes) }),
            Self::OneOf(shapes) => json!({ "oneOf": list(shapes) }),
            Self::Not(shape) => json!({ "not": shape.json() }),
            Self::Const(datum) => json!({ "const": datum.json() }),
            Self::Enum(data) => json!({ "enum": data.iter().map(Datum::json).collect::<Vec<_>>() }),
        }
    }

    fn takes(&self, value: &Value) -> bool {
        let within = |length: usize, min: &Option<u8>, max: &Option<u8>| {
            min.is_none_or(|min| length >= usize::from(min))
                && max.is_none_or(|max| length <= usize::from(max))
        };
        match self {
            Self::Any => true,
            Self::Never => false,
            Self::Null => value.is_null(),
            Self::Bool => value.is_boolean(),
            Self::Integer { min, max } => value.as_f64().is_some_and(|number| {
                number.fract() == 0.0
                    && min.is_none_or(|min| number >= min.into())
                    && max.is_none_or(|max| number <= max.into())
            }),
            Self::Number { above, below } => value.as_f64().is_some_and(|number| {
                above.is_none_or(|above| number > above.into())
                    && below.is_none_or(|below| number < below.into())
            }),
            Self::Text { min, max } => {
                value.as_str().is_some_and(|text| within(text.chars().count(), min, max))
            }
            Self::Array { items, min, max } => value.as_array().is_some_and(|array| {
                within(array.len(), min, max) && array.iter().all(|item| items.takes(item))
            }),
            Self::Object { members, open } => value.as_object().is_some_and(|object| {
                // Of two members of one name the last counts, and either may require it.
                let rule = |name: &str| members.iter().rfind(|(known, ..)| known.text() == name);
                members.iter().all(|(name, _, needed)| !needed || object.contains_key(name.text()))
                    && object
                        .iter()
                        .all(|(name, value)| rule(name).map_or(*open, |(_, shape, _)| shape.takes(value)))
            }),
            Self::AnyOf(shapes) => shapes.is_empty() || shapes.iter().any(|shape| shape.takes(value)),
            Self::AllOf(shapes) => shapes.iter().all(|shape| shape.takes(value)),
            Self::OneOf(shapes) => {
                shapes.is_empty() || shapes.iter().filter(|shape| shape.takes(value)).count() == 1
            }
            Self::Not(shape) => !shape.takes(value),
            Self::Const(datum) => same(&datum.json(), value),
            Self::Enum(data) => data.iter().any(|datum| same(&datum.json(), value)),
        }
    }
}

/// Equal as JSON schema has it: 1 and 1.0 are one number.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| same(value, other)))
        }
        _ => one == other,
    }
}

fuzz_target!(|input: Input<'_>| {
    let (rules, value) = (input.shape.json(), input.value.json());
    if let Ok(schema) = Schema::compile(&rules) {
        assert_eq!(schema.validate(&value).is_ok(), input.shape.takes(&value), "{value} of {rules}");
        faults(&schema, &value);
        pairs(&schema, &input.pairs);
    }
    let (Ok(rules), Ok(value)) = (serde_json::from_str(input.texts.0), serde_json::from_str(input.texts.1))
    else {
        return;
    };
    if let Ok(schema) = Schema::compile(&rules) {
        faults(&schema, &value);
        pairs(&schema, &input.pairs);
    }
});

fn faults(schema: &Schema, value: &Value) {
    let Err(faults) = schema.validate(value) else { return };
    assert!(faults.iter().count() > 0);
    for fault in faults.iter() {
        assert!(leads_somewhere(value, &fault.pointer), "{fault:?} of {value}");
    }
}

/// Pairs become members of their names, and no others.
fn pairs(schema: &Schema, pairs: &[(&str, &str)]) {
    let texts = pairs.iter().map(|(name, text)| (Cow::Borrowed(*name), Cow::Borrowed(*text)));
    if let Ok(value) = schema.from_pairs(texts) {
        let members = value.as_object().unwrap();
        assert!(members.keys().all(|name| pairs.iter().any(|(known, _)| known == name)));
        faults(schema, &value);
    }
    let _ = schema.member_names();
}
