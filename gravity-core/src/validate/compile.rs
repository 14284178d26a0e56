//! From the JSON text of a schema to its nodes.

use std::collections::HashMap;

use regex::Regex;
use serde_json::{Map, Value};

use super::equal::Number;
use super::format::Format;
use super::node::{Condition, Node, NodeId, NumberRules, ObjectRules, Types};
use super::pattern;
use super::schema::SchemaError;

/// How deep schemas may stand within each other; references do not count.
const DEEPEST: usize = 128;

/// Keywords that would have to be checked, and that no derived schema has.
const UNSUPPORTED: [&str; 7] = [
    "$dynamicRef",
    "$recursiveRef",
    "additionalItems",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedItems",
];

/// Keywords that serde does not check, or may not. The schema `false`, as which unknown members are
/// denied, is one more.
const CONSTRAINTS: [&str; 22] = [
    "const",
    "contains",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "if",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "patternProperties",
    "propertyNames",
    "unevaluatedProperties",
    "uniqueItems",
];

pub(super) struct Compiler<'a> {
    root: &'a Value,
    pub(super) nodes: Vec<Node>,
    pub(super) constrained: bool,
    references: HashMap<String, NodeId>,
    depth: usize,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(root: &'a Value) -> Self {
        Self { root, nodes: Vec::new(), constrained: false, references: HashMap::new(), depth: 0 }
    }

    pub(super) fn root(&mut self) -> Result<NodeId, SchemaError> {
        let id = self.reserve();
        self.references.insert("#".to_owned(), id);
        self.fill(id, self.root)?;
        Ok(id)
    }

    fn reserve(&mut self) -> NodeId {
        self.nodes.push(Node::default());
        self.nodes.len() - 1
    }

    fn schema(&mut self, schema: &'a Value) -> Result<NodeId, SchemaError> {
        let id = self.reserve();
        self.fill(id, schema)?;
        Ok(id)
    }

    fn fill(&mut self, id: NodeId, schema: &'a Value) -> Result<(), SchemaError> {
        if self.depth >= DEEPEST {
            return Err(SchemaError::TooDeep);
        }
        self.depth += 1;
        self.nodes[id] = match schema {
            Value::Bool(true) => Node::default(),
            Value::Bool(false) => {
                self.constrained = true;
                Node { never: true, ..Node::default() }
            }
            Value::Object(keywords) => self.node(keywords)?,
            _ => return Err(SchemaError::Malformed("schema".to_owned())),
        };
        self.depth -= 1;
        Ok(())
    }

    fn node(&mut self, keywords: &'a Map<String, Value>) -> Result<Node, SchemaError> {
        if let Some(keyword) = UNSUPPORTED.iter().find(|k| keywords.contains_key(**k)) {
            return Err(SchemaError::Unsupported((*keyword).to_owned()));
        }
        let mut node = Node {
            types: types(keywords)?,
            values: values(keywords)?,
            reference: self.reference(keywords)?,
            all_of: self.schemas(keywords, "allOf")?,
            any_of: self.schemas(keywords, "anyOf")?,
            one_of: self.schemas(keywords, "oneOf")?,
            not: self.optional(keywords, "not")?,
            object: self.object(keywords)?,
            ..Node::default()
        };
        if let Some(when) = self.optional(keywords, "if")? {
            node.condition = Some(Condition {
                when,
                then: self.optional(keywords, "then")?,
                otherwise: self.optional(keywords, "else")?,
            });
        }

        let format = text(keywords, "format")?;
        node.string.min = count(keywords, "minLength")?;
        node.string.max = count(keywords, "maxLength")?;
        node.string.pattern = text(keywords, "pattern")?.map(regex).transpose()?;
        node.string.format = format.and_then(Format::named);

        node.array.prefix = self.schemas(keywords, "prefixItems")?;
        node.array.items = self.optional(keywords, "items")?;
        node.array.contains = self.optional(keywords, "contains")?;
        node.array.min_contains = count(keywords, "minContains")?;
        node.array.max_contains = count(keywords, "maxContains")?;
        node.array.min = count(keywords, "minItems")?;
        node.array.max = count(keywords, "maxItems")?;
        node.array.unique = match keywords.get("uniqueItems") {
            None => false,
            Some(unique) => unique.as_bool().ok_or_else(|| malformed("uniqueItems"))?,
        };

        let (least, greatest) = format.and_then(integer_range).unzip();
        node.number = numbers(keywords)?;
        let of_the_type =
            |rule: Option<Number>, bound: Option<i128>| rule.is_none() || rule == bound.map(Number::Integer);
        self.constrained |= node.string.format.is_some()
            || !of_the_type(node.number.min, least)
            || !of_the_type(node.number.max, greatest)
            || CONSTRAINTS.iter().any(|k| keywords.contains_key(*k));
        node.number.is_read_as_integer = least.is_some();
        // schemars says `int32` and leaves the bounds to that name.
        node.number.min = node.number.min.or(least.map(Number::Integer));
        node.number.max = node.number.max.or(greatest.map(Number::Integer));
        Ok(node)
    }

    fn object(&mut self, keywords: &'a Map<String, Value>) -> Result<ObjectRules, SchemaError> {
        let mut rules = ObjectRules {
            additional: self.optional(keywords, "additionalProperties")?,
            unevaluated: self.optional(keywords, "unevaluatedProperties")?,
            names: self.optional(keywords, "propertyNames")?,
            min: count(keywords, "minProperties")?,
            max: count(keywords, "maxProperties")?,
            ..ObjectRules::default()
        };
        for (name, schema) in members(keywords, "properties")? {
            let id = self.schema(schema)?;
            rules.properties.insert(name.clone(), id);
        }
        for (pattern, schema) in members(keywords, "patternProperties")? {
            let id = self.schema(schema)?;
            rules.patterns.push((regex(pattern)?, id));
        }
        for name in list(keywords, "required")? {
            let name = name.as_str().ok_or_else(|| malformed("required"))?;
            rules.required.push(name.to_owned());
        }
        Ok(rules)
    }

    fn optional(
        &mut self,
        keywords: &'a Map<String, Value>,
        keyword: &str,
    ) -> Result<Option<NodeId>, SchemaError> {
        keywords.get(keyword).map(|schema| self.schema(schema)).transpose()
    }

    fn schemas(
        &mut self,
        keywords: &'a Map<String, Value>,
        keyword: &str,
    ) -> Result<Vec<NodeId>, SchemaError> {
        list(keywords, keyword)?.iter().map(|schema| self.schema(schema)).collect()
    }

    /// Schemas that are referred to are compiled once, and at the first reference, so that a type
    /// which contains itself comes to an end.
    fn reference(&mut self, keywords: &'a Map<String, Value>) -> Result<Option<NodeId>, SchemaError> {
        let Some(reference) = text(keywords, "$ref")? else {
            return Ok(None);
        };
        if let Some(id) = self.references.get(reference) {
            return Ok(Some(*id));
        }
        let unknown = || SchemaError::Reference(reference.to_owned());
        let pointer = reference.strip_prefix('#').ok_or_else(unknown)?;
        let pointer = percent_encoding::percent_decode_str(pointer).decode_utf8().map_err(|_| unknown())?;
        let root: &'a Value = self.root;
        let schema = root.pointer(&pointer).ok_or_else(unknown)?;
        let id = self.reserve();
        self.references.insert(reference.to_owned(), id);
        self.fill(id, schema)?;
        Ok(Some(id))
    }
}

fn malformed(keyword: &str) -> SchemaError {
    SchemaError::Malformed(keyword.to_owned())
}

fn regex(text: impl AsRef<str>) -> Result<Regex, SchemaError> {
    let text = text.as_ref();
    pattern::compile(text).map_err(|_| SchemaError::Pattern(text.to_owned()))
}

fn text<'a>(keywords: &'a Map<String, Value>, keyword: &str) -> Result<Option<&'a str>, SchemaError> {
    keywords.get(keyword).map(|text| text.as_str().ok_or_else(|| malformed(keyword))).transpose()
}

fn list<'a>(keywords: &'a Map<String, Value>, keyword: &str) -> Result<&'a [Value], SchemaError> {
    match keywords.get(keyword) {
        None => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(malformed(keyword)),
    }
}

fn members<'a>(
    keywords: &'a Map<String, Value>,
    keyword: &str,
) -> Result<impl Iterator<Item = (&'a String, &'a Value)> + use<'a>, SchemaError> {
    match keywords.get(keyword) {
        None => Ok(None.into_iter().flatten()),
        Some(Value::Object(members)) => Ok(Some(members).into_iter().flatten()),
        Some(_) => Err(malformed(keyword)),
    }
}

fn number(keywords: &Map<String, Value>, keyword: &str) -> Result<Option<Number>, SchemaError> {
    match keywords.get(keyword) {
        None => Ok(None),
        Some(Value::Number(number)) => Ok(Some(number.into())),
        Some(_) => Err(malformed(keyword)),
    }
}

fn count(keywords: &Map<String, Value>, keyword: &str) -> Result<Option<usize>, SchemaError> {
    match number(keywords, keyword)? {
        None => Ok(None),
        // What does not fit a `usize` is longer than anything in memory.
        Some(Number::Integer(count)) if count >= 0 => Ok(Some(usize::try_from(count).unwrap_or(usize::MAX))),
        Some(_) => Err(malformed(keyword)),
    }
}

fn numbers(keywords: &Map<String, Value>) -> Result<NumberRules, SchemaError> {
    let multiple_of = number(keywords, "multipleOf")?;
    if multiple_of.is_some_and(|factor| factor.compare(Number::Integer(0)).is_le()) {
        return Err(malformed("multipleOf"));
    }
    Ok(NumberRules {
        min: number(keywords, "minimum")?,
        max: number(keywords, "maximum")?,
        above: number(keywords, "exclusiveMinimum")?,
        below: number(keywords, "exclusiveMaximum")?,
        multiple_of,
        is_read_as_integer: false,
    })
}

fn types(keywords: &Map<String, Value>) -> Result<Option<Types>, SchemaError> {
    let type_of = |name: &Value| name.as_str().and_then(Types::named).ok_or_else(|| malformed("type"));
    match keywords.get("type") {
        None => Ok(None),
        Some(Value::Array(names)) => {
            names.iter().try_fold(Types::NONE, |types, name| Ok(types.or(type_of(name)?))).map(Some)
        }
        Some(name) => type_of(name).map(Some),
    }
}

fn values(keywords: &Map<String, Value>) -> Result<Option<Vec<Value>>, SchemaError> {
    match (keywords.get("const"), keywords.get("enum")) {
        (Some(value), None) => Ok(Some(vec![value.clone()])),
        (None, Some(Value::Array(values))) => Ok(Some(values.clone())),
        (Some(value), Some(Value::Array(values))) => Ok(Some(
            // Both must hold.
            values.iter().filter(|other| super::equal::equal(value, other)).cloned().collect(),
        )),
        (None, None) => Ok(None),
        (_, Some(_)) => Err(malformed("enum")),
    }
}

/// What Rust's integers hold, by the name that schemars gives them.
fn integer_range(format: &str) -> Option<(i128, i128)> {
    Some(match format {
        "int8" => (i8::MIN.into(), i8::MAX.into()),
        "int16" => (i16::MIN.into(), i16::MAX.into()),
        "int32" => (i32::MIN.into(), i32::MAX.into()),
        "int" | "int64" => (i64::MIN.into(), i64::MAX.into()),
        "uint8" => (0, u8::MAX.into()),
        "uint16" => (0, u16::MAX.into()),
        "uint32" => (0, u32::MAX.into()),
        "uint" | "uint64" => (0, u64::MAX.into()),
        _ => return None,
    })
}
