//! [`Shape`]: the settings that a type has, as its JSON schema tells.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::kinds::Kinds;

/// How deep a type is followed into itself.
const DEEPEST: usize = 24;

/// What can be set in one place.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) kinds: Kinds,
    pub(super) members: BTreeMap<String, Shape>,
    pub(super) required: BTreeSet<String>,
    /// What members of other names may be; `None` if there are none.
    pub(super) rest: Option<Box<Shape>>,
    pub(super) items: Option<Box<Shape>>,
    pub(super) secret: bool,
    pub(super) description: Option<String>,
    pub(super) default: Option<Value>,
    /// All that it may be, if that is a list.
    pub(super) values: Vec<Value>,
}

/// What nothing is known about.
pub(super) static ANYTHING: Shape = Shape::ANYTHING;

impl Shape {
    const ANYTHING: Self = Self {
        kinds: Kinds::ALL,
        members: BTreeMap::new(),
        required: BTreeSet::new(),
        rest: None,
        items: None,
        secret: false,
        description: None,
        default: None,
        values: Vec::new(),
    };

    pub(super) fn of(schema: &Value) -> Self {
        Builder { root: schema, followed: Vec::new() }.shape(schema)
    }

    /// Whether nothing is known about it.
    pub(super) fn is_open(&self) -> bool {
        self.kinds == Kinds::ALL && self.members.is_empty() && self.rest.is_none() && self.values.is_empty()
    }

    /// Whether it is a secret, or has one in it.
    pub(super) fn has_secret(&self) -> bool {
        let rest = self.rest.as_deref().into_iter().chain(self.items.as_deref());
        self.secret || self.members.values().chain(rest).any(Self::has_secret)
    }

    /// Whether it may be a table.
    pub(super) fn is_table(&self) -> bool {
        self.kinds.has(Kinds::OBJECT)
    }

    /// What a member of this name may be.
    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        let known = self.members.get(name).or(self.rest.as_deref());
        if known.is_none() && self.is_open() { Some(&ANYTHING) } else { known }
    }

    /// What stands at a path, elements of lists included.
    pub(super) fn at<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Option<&Self> {
        path.into_iter().try_fold(self, |shape, token| {
            let item = || token.parse::<usize>().ok().and(shape.items.as_deref());
            shape.member(token).or_else(item)
        })
    }

    /// Adds what another schema says about the same place.
    fn merge(&mut self, other: Self) {
        for (name, shape) in other.members {
            match self.members.get_mut(&name) {
                Some(known) => {
                    let kinds = known.kinds.or(shape.kinds);
                    known.merge(shape);
                    known.kinds = kinds;
                }
                None => {
                    self.members.insert(name, shape);
                }
            }
        }
        self.rest = self.rest.take().or(other.rest);
        self.items = self.items.take().or(other.items);
        self.secret |= other.secret;
        self.description = self.description.take().or(other.description);
        self.default = self.default.take().or(other.default);
        for value in other.values {
            if !self.values.contains(&value) {
                self.values.push(value);
            }
        }
    }
}

struct Builder<'a> {
    root: &'a Value,
    /// The references that are being followed, to see where a type contains itself.
    followed: Vec<&'a str>,
}

impl<'a> Builder<'a> {
    fn shape(&mut self, schema: &'a Value) -> Shape {
        let Value::Object(keywords) = schema else {
            return Shape::ANYTHING;
        };
        let mut shape = self.own(keywords);
        for part in list(keywords, "allOf") {
            self.also(&mut shape, part);
        }
        if let Some(Value::String(reference)) = keywords.get("$ref") {
            self.reference(&mut shape, reference);
        }
        for keyword in ["anyOf", "oneOf"] {
            self.alternatives(&mut shape, list(keywords, keyword));
        }
        shape
    }

    fn own(&mut self, keywords: &'a Map<String, Value>) -> Shape {
        let text = |keyword| keywords.get(keyword).and_then(Value::as_str);
        let values: Vec<Value> = match (keywords.get("const"), keywords.get("enum")) {
            (Some(value), _) => vec![value.clone()],
            (None, Some(Value::Array(values))) => values.clone(),
            _ => Vec::new(),
        };
        let of_values = values.iter().map(Kinds::of).fold(Kinds::NONE, Kinds::or);
        let kinds = keywords.get("type").map_or(Kinds::ALL, Kinds::of_keyword);
        let members = match keywords.get("properties") {
            Some(Value::Object(members)) => {
                members.iter().map(|(name, schema)| (name.clone(), self.shape(schema))).collect()
            }
            _ => BTreeMap::new(),
        };
        let pattern = keywords.get("patternProperties").and_then(Value::as_object);
        let rest = match keywords.get("additionalProperties") {
            None | Some(Value::Bool(false)) => pattern.and_then(|patterns| patterns.values().next()),
            rest => rest,
        };
        Shape {
            kinds: if values.is_empty() { kinds } else { kinds.and(of_values) },
            members,
            required: list(keywords, "required")
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            rest: rest.map(|rest| Box::new(self.shape(rest))),
            items: keywords.get("items").map(|items| Box::new(self.shape(items))),
            secret: text("format") == Some("password")
                || keywords.get("writeOnly") == Some(&Value::Bool(true)),
            description: text("description").or_else(|| text("title")).map(str::to_owned),
            default: keywords.get("default").cloned(),
            values,
        }
    }

    fn reference(&mut self, shape: &mut Shape, reference: &'a str) {
        if self.followed.len() >= DEEPEST || self.followed.contains(&reference) {
            return;
        }
        let root = self.root;
        let target = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        if let Some(target) = target {
            self.followed.push(reference);
            self.also(shape, target);
            self.followed.pop();
        }
    }

    /// What must hold as well.
    fn also(&mut self, shape: &mut Shape, schema: &'a Value) {
        let mut other = self.shape(schema);
        shape.kinds = shape.kinds.and(other.kinds);
        shape.required.append(&mut other.required);
        shape.merge(other);
    }

    /// One of these must hold: each adds what it allows, and none requires anything of all.
    fn alternatives(&mut self, shape: &mut Shape, schemas: &'a [Value]) {
        if schemas.is_empty() {
            return;
        }
        let mut kinds = Kinds::NONE;
        // The description of one alternative is none of the whole, unless there is but one beside null.
        let of_one = schemas.iter().filter(|schema| schema.get("type") != Some(&"null".into())).count() == 1;
        for schema in schemas {
            let mut other = self.shape(schema);
            kinds = kinds.or(other.kinds);
            if of_one {
                shape.required.append(&mut other.required);
            } else {
                other.description = None;
                other.default = None;
            }
            shape.merge(other);
        }
        shape.kinds = shape.kinds.and(kinds);
    }
}

fn list<'a>(keywords: &'a Map<String, Value>, keyword: &str) -> &'a [Value] {
    keywords.get(keyword).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
