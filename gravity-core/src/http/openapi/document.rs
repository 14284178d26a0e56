//! [`Document`]: an OpenAPI 3.1 document.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};

use super::info::OpenApi;
use super::item::Item;
use super::refusals::Refusals;
use super::schemas::Schemas;
use super::security;
use crate::http::route::RouteInfo;

/// An OpenAPI 3.1 document: plain JSON, the same for the same routes byte for byte.
#[derive(Debug, Clone, PartialEq)]
pub struct Document(Value);

impl Document {
    pub(super) fn of<'r>(about: &OpenApi, routes: impl Iterator<Item = &'r RouteInfo>) -> Self {
        let mut schemas = Schemas::new();
        let mut refusals = Refusals::default();
        let mut ids: BTreeMap<&str, &RouteInfo> = BTreeMap::new();
        let mut items = Vec::new();
        let mut tags = about.tags.clone();
        let mut sign_ins = Map::new();
        for route in routes {
            let Some(item) = Item::of(route, &mut schemas) else { continue };
            if let Some(other) = ids.insert(route.operation_id(), route) {
                panic!(
                    "two operations are named `{}`: {} {} and {} {}",
                    route.operation_id(),
                    other.method(),
                    other.path(),
                    route.method(),
                    route.path(),
                );
            }
            if !route.tag.is_empty() && !tags.iter().any(|(name, _)| name == route.tag) {
                tags.push((route.tag.to_owned(), String::new()));
            }
            sign_ins.extend(security::schemes(route));
            items.push(item);
        }
        let schemas = schemas.settle();
        let mut paths = Map::new();
        for item in items {
            let entry = paths.entry(item.path.clone()).or_insert_with(|| json!({}));
            let method = item.method;
            entry[method] = item.render(&schemas, &mut refusals);
        }
        let mut components = Map::new();
        components.insert("schemas".to_owned(), Value::Object(schemas.components));
        components.insert("responses".to_owned(), Value::Object(refusals.components));
        if !sign_ins.is_empty() {
            components.insert("securitySchemes".to_owned(), Value::Object(sign_ins));
        }
        let mut document = json!({
            "openapi": "3.1.0",
            "info": about.info(),
            "paths": paths,
            "components": components,
        });
        if !about.servers.is_empty() {
            document["servers"] = Value::Array(about.servers.clone());
        }
        if !tags.is_empty() {
            document["tags"] = tags.into_iter().map(tag).collect();
        }
        Self(sorted(document))
    }

    /// The document as a value.
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// The document as a value.
    pub fn into_value(self) -> Value {
        self.0
    }

    /// The document as text to be read and compared: indented, with a line end.
    pub fn to_json_pretty(&self) -> String {
        format!("{:#}\n", self.0)
    }
}

/// As JSON on one line; with `{:#}` indented.
impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn tag((name, description): (String, String)) -> Value {
    if description.is_empty() {
        json!({ "name": name })
    } else {
        json!({ "name": name, "description": description })
    }
}

/// The same value with its keys in alphabetical order, whichever map some crate of the program has
/// chosen for `serde_json`.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let ordered: BTreeMap<String, Value> =
                object.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(ordered.into_iter().collect())
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}
