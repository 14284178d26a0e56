//! [`Schemas`]: the schemas of all types that are read or written, under stable names.

use std::collections::{BTreeMap, BTreeSet};

use schemars::transform::{RecursiveTransform, Transform};
use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

const PLACE: &str = "#/components/schemas/";

/// The name of the schema that every problem has; no type may be called so.
pub(super) const PROBLEM: &str = "Problem";

/// Collects schemas: those of types that are read, and those of types that are written, since a
/// type may differ in the two (a default makes a field optional in one and certain in the other).
pub(super) struct Schemas {
    pub(super) input: SchemaGenerator,
    pub(super) output: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        Self {
            input: settings.clone().for_deserialize().into_generator(),
            output: settings.for_serialize().into_generator(),
        }
    }

    /// Gives every schema its name: `Note` where what is read is what is written, else `Note` for what
    /// is written and `NoteInput` for what is read.
    ///
    /// # Panics
    /// When two types claim one name.
    pub(super) fn settle(mut self) -> Settled {
        refuse_namesakes(&self.input, &self.output);
        let inputs = tidy_all(self.input.take_definitions(false));
        let mut components = tidy_all(self.output.take_definitions(false));
        let renamed = differing(&inputs, &components);
        let mut settled = Settled { components: Map::new(), renamed };
        for (name, mut schema) in inputs {
            settled.point_at_inputs(&mut schema);
            let name = settled.input_name(&name);
            let taken = components.insert(name.clone(), schema.clone());
            assert!(
                taken.is_none_or(|other| other == schema),
                "`{name}` is both a type of its own and what is read of another type; rename one with #[schemars(rename = ...)]"
            );
        }
        assert!(!components.contains_key(PROBLEM), "a type of a service cannot be named `{PROBLEM}`");
        for name in components.keys() {
            assert!(
                name.chars().all(|char| char.is_ascii_alphanumeric() || "._-".contains(char)),
                "`{name}` cannot name a schema: letters, digits, `.`, `_` and `-` can; use #[schemars(rename = ...)]"
            );
        }
        components.insert(PROBLEM.to_owned(), super::refusals::schema());
        settled.components = components;
        settled
    }
}

/// The schemas under their names.
pub(super) struct Settled {
    pub(super) components: Map<String, Value>,
    /// The names whose input goes by another name.
    renamed: BTreeSet<String>,
}

impl Settled {
    fn input_name(&self, name: &str) -> String {
        if self.renamed.contains(name) { format!("{name}Input") } else { name.to_owned() }
    }

    /// What a reference of the document leads to.
    pub(super) fn target(&self, reference: &str) -> Option<&Value> {
        self.components.get(reference.strip_prefix(PLACE)?)
    }

    /// Points references of something that is read at what is read.
    pub(super) fn point_at_inputs(&self, value: &mut Value) {
        each_ref(value, &mut |reference| {
            if let Some(name) = reference.strip_prefix(PLACE)
                && self.renamed.contains(name)
            {
                reference.push_str("Input");
            }
        });
    }
}

/// The names whose schemas differ between reading and writing, themselves or in what they refer to.
fn differing(inputs: &Map<String, Value>, outputs: &Map<String, Value>) -> BTreeSet<String> {
    let shared: Vec<&String> = inputs.keys().filter(|name| outputs.contains_key(*name)).collect();
    let mut differ: BTreeSet<String> =
        shared.iter().filter(|name| inputs[**name] != outputs[**name]).map(|name| (*name).clone()).collect();
    loop {
        let before = differ.len();
        for name in &shared {
            let mut refers = false;
            each_ref(&mut inputs[*name].clone(), &mut |reference| {
                refers |= reference.strip_prefix(PLACE).is_some_and(|other| differ.contains(other));
            });
            if refers {
                differ.insert((*name).clone());
            }
        }
        if differ.len() == before {
            return differ;
        }
    }
}

fn each_ref(value: &mut Value, found: &mut impl FnMut(&mut String)) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match value {
                    Value::String(reference) if key == "$ref" => found(reference),
                    // Examples are data, whatever their keys look like.
                    _ if matches!(key.as_str(), "example" | "examples" | "default" | "const" | "enum") => {}
                    other => each_ref(other, found),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_ref(item, found)),
        _ => {}
    }
}

/// Two types of one name would silently become `Note` and `Note2`, by the order of the routes.
fn refuse_namesakes(input: &SchemaGenerator, output: &SchemaGenerator) {
    let all: Vec<(String, String)> = identities(input).into_iter().chain(identities(output)).collect();
    let known = |name: &str| all.iter().any(|(_, other)| other == name);
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (id, name) in &all {
        // A type that is called `Note2` by its author has that word in its path.
        let own = name.rsplit('_').next().unwrap_or(name);
        let wanted = numbered(name).filter(|base| known(base) && !id.contains(own)).unwrap_or(name);
        let other = owners.entry(wanted).or_insert(id);
        assert!(
            other == id,
            "two types have the schema name `{wanted}`: {other} and {id}; rename one with #[schemars(rename = ...)], a generic one by its parameter: `rename = \"{{T}}Page\"`"
        );
    }
}

/// The name without the number that schemars puts after a name that is taken.
fn numbered(name: &str) -> Option<&str> {
    let base = name.trim_end_matches(|char: char| char.is_ascii_digit());
    (base.len() < name.len()).then_some(base)
}

/// Which type each name stands for. schemars keeps this to itself; its `Debug` form tells it, and a
/// test of this file notices when that changes.
fn identities(generator: &SchemaGenerator) -> Vec<(String, String)> {
    let all = format!("{generator:?}");
    let Some((_, table)) = all.rsplit_once("schema_id_to_name: {") else { return Vec::new() };
    let mut pairs = Vec::new();
    let mut rest = table;
    while let Some((id, after)) = rest.strip_prefix("SchemaUid(").and_then(quoted) {
        let Some((_, after)) = after.split_once("): ") else { break };
        let Some((name, after)) = quoted(after) else { break };
        pairs.push((id, name));
        rest = after.trim_start_matches(", ");
    }
    pairs
}

/// A Rust string literal at the start of a text, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut escaped = false;
    let body = text.strip_prefix('"')?;
    let end = body.find(|char| {
        let ends = char == '"' && !escaped;
        escaped = char == '\\' && !escaped;
        ends
    })?;
    Some((body.get(..end)?.to_owned(), body.get(end + 1..)?))
}

fn tidy_all(mut schemas: Map<String, Value>) -> Map<String, Value> {
    schemas.values_mut().for_each(tidy);
    schemas
}

/// Says in a schema what its type says in Rust, and nothing that is not so.
pub(super) fn tidy(schema: &mut Value) {
    if let Ok(schema) = <&mut Schema>::try_from(schema) {
        RecursiveTransform(bound).transform(schema);
        RecursiveTransform(drop_partial_examples).transform(schema);
    }
}

/// A flattened struct brings its examples along, which are then examples of a part only.
fn drop_partial_examples(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    let required = object.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let whole = |example: &Value| {
        required
            .iter()
            .filter_map(Value::as_str)
            .all(|name| !example.is_object() || example.get(name).is_some())
    };
    if let Some(Value::Array(examples)) = object.get_mut("examples") {
        examples.retain(whole);
        if examples.is_empty() {
            object.remove("examples");
        }
    }
}

/// The bounds of an integer of so many bits.
fn bound(schema: &mut Schema) {
    let (low, high) = match schema.get("format").and_then(Value::as_str) {
        Some("int8") => (json!(i8::MIN), json!(i8::MAX)),
        Some("int16") => (json!(i16::MIN), json!(i16::MAX)),
        Some("int32") => (json!(i32::MIN), json!(i32::MAX)),
        Some("int64" | "int") => (json!(i64::MIN), json!(i64::MAX)),
        Some("uint8") => (json!(0), json!(u8::MAX)),
        Some("uint16") => (json!(0), json!(u16::MAX)),
        Some("uint32") => (json!(0), json!(u32::MAX)),
        Some("uint64" | "uint") => (json!(0), json!(u64::MAX)),
        _ => return,
    };
    if let Some(object) = schema.as_object_mut() {
        if !object.contains_key("exclusiveMinimum") {
            object.entry("minimum").or_insert(low);
        }
        if !object.contains_key("exclusiveMaximum") {
            object.entry("maximum").or_insert(high);
        }
    }
}

/// A parameter that may be left out is not there at all when it is: unlike a member of a JSON
/// document it has no way to be null.
pub(super) fn without_null(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if object.get("default") == Some(&Value::Null) {
        object.remove("default");
    }
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| choice["type"] != "null");
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            for (key, value) in only {
                object.entry(key).or_insert(value);
            }
        }
    }
}
