//! From texts by name, as query strings and forms have them, to a value with types.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Number, Value};

use super::faults::Faults;
use super::node::{NodeId, Types};
use super::schema::Schema;

/// How many references and alternatives are followed to learn the type of a member.
pub(super) const FARTHEST: usize = 8;

pub(super) fn to_value<'a>(
    schema: &Schema,
    pairs: impl IntoIterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
) -> Result<Value, Faults> {
    let mut texts: BTreeMap<Cow<'a, str>, Vec<Cow<'a, str>>> = BTreeMap::new();
    for (name, text) in pairs {
        texts.entry(name).or_default().push(text);
    }
    let mut faults = Faults::new();
    let mut members = Map::new();
    for (name, texts) in texts {
        let mut nodes = Vec::new();
        find_members(schema, Schema::ROOT, &name, FARTHEST, &mut nodes);
        match member(schema, &nodes, texts) {
            Ok(value) => {
                members.insert(name.into_owned(), value);
            }
            Err((code, detail)) => faults.add(Faults::pointer("", &name), code, detail),
        }
    }
    faults.into_result()?;
    Ok(Value::Object(members))
}

type Refusal = (&'static str, String);

fn member(schema: &Schema, nodes: &[NodeId], mut texts: Vec<Cow<'_, str>>) -> Result<Value, Refusal> {
    let types = types_of_all(schema, nodes);
    let unknown = nodes.is_empty() || types == Types::ALL;
    let as_array = if unknown {
        texts.len() > 1
    } else {
        let one_text_will_do = types.and(Types::NUMBER.or(Types::STRING).or(Types::BOOLEAN));
        types.include(Types::ARRAY) && (texts.len() > 1 || one_text_will_do == Types::NONE)
    };
    if as_array {
        let mut items = Vec::new();
        for node in nodes {
            find_items(schema, *node, FARTHEST, &mut items);
        }
        let item_types = if items.is_empty() { Types::ALL } else { types_of_all(schema, &items) };
        return texts
            .into_iter()
            .map(|text| scalar(item_types, text))
            .collect::<Result<_, _>>()
            .map(Value::Array);
    }
    match (texts.pop(), texts.is_empty()) {
        (Some(text), true) => scalar(types, text),
        _ => Err(("repeated", "must be given only once".to_owned())),
    }
}

fn scalar(types: Types, text: Cow<'_, str>) -> Result<Value, Refusal> {
    if types.include(Types::STRING) {
        return Ok(Value::String(text.into_owned()));
    }
    if types.include(Types::BOOLEAN)
        && let Ok(boolean) = text.parse()
    {
        return Ok(Value::Bool(boolean));
    }
    if types.include(Types::INTEGER)
        && let Some(number) = number(&text, types.include(Types::NUMBER))
    {
        return Ok(Value::Number(number));
    }
    if types.include(Types::NULL) && text.is_empty() {
        return Ok(Value::Null);
    }
    Err(("wrong_type", format!("must be {}", types.describe())))
}

/// Reads what JSON would read as a number: no plus sign, no `inf`, no leading zero.
fn number(text: &str, with_fraction: bool) -> Option<Number> {
    let number: Number = serde_json::from_str(text).ok()?;
    let is_whole = number.is_i64() || number.is_u64();
    // serde_json forgives white space around it.
    let is_bare = text.trim_matches([' ', '\t', '\r', '\n']).len() == text.len();
    (is_bare && (is_whole || with_fraction)).then_some(number)
}

/// The schemas that a member of this name falls under.
fn find_members(schema: &Schema, id: NodeId, name: &str, farthest: usize, found: &mut Vec<NodeId>) {
    let node = &schema.nodes[id];
    let rules = &node.object;
    let before = found.len();
    found.extend(rules.properties.get(name));
    for (pattern, id) in &rules.patterns {
        if pattern.is_match(name) {
            found.push(*id);
        }
    }
    if farthest > 0 {
        let parts = node.reference.iter().chain(&node.all_of);
        for part in parts.chain(&node.any_of).chain(&node.one_of) {
            find_members(schema, *part, name, farthest - 1, found);
        }
    }
    if found.len() == before {
        found.extend(rules.additional.filter(|id| !schema.nodes[*id].never));
    }
}

/// The names of the members that a schema and its parts describe one by one.
pub(super) fn add_member_names<'s>(
    schema: &'s Schema,
    id: NodeId,
    farthest: usize,
    names: &mut BTreeSet<&'s str>,
) {
    let node = &schema.nodes[id];
    names.extend(node.object.properties.keys().map(String::as_str));
    if farthest > 0 {
        let parts = node.reference.iter().chain(&node.all_of);
        for part in parts.chain(&node.any_of).chain(&node.one_of) {
            add_member_names(schema, *part, farthest - 1, names);
        }
    }
}

/// The schemas that the items of an array fall under.
fn find_items(schema: &Schema, id: NodeId, farthest: usize, found: &mut Vec<NodeId>) {
    let node = &schema.nodes[id];
    found.extend(node.array.prefix.iter().chain(&node.array.items));
    if farthest > 0 {
        let parts = node.reference.iter().chain(&node.all_of);
        for part in parts.chain(&node.any_of).chain(&node.one_of) {
            find_items(schema, *part, farthest - 1, found);
        }
    }
}

/// The types that a value of any of these schemas can have; a member of one alternative need not
/// have the type it has in another.
fn types_of_all(schema: &Schema, nodes: &[NodeId]) -> Types {
    nodes.iter().map(|id| types_of(schema, *id, FARTHEST)).reduce(Types::or).unwrap_or(Types::ALL)
}

fn types_of(schema: &Schema, id: NodeId, farthest: usize) -> Types {
    let node = &schema.nodes[id];
    let mut types = node.types.unwrap_or(Types::ALL);
    if let Some(values) = &node.values {
        let of_values = values.iter().map(Types::of).fold(Types::NONE, Types::or);
        types = types.and(of_values);
    }
    if farthest == 0 {
        return types;
    }
    for part in node.reference.iter().chain(&node.all_of) {
        types = types.and(types_of(schema, *part, farthest - 1));
    }
    for branches in [&node.any_of, &node.one_of] {
        let of_branches = branches.iter().map(|branch| types_of(schema, *branch, farthest - 1));
        if let Some(of_branches) = of_branches.reduce(Types::or) {
            types = types.and(of_branches);
        }
    }
    types
}
