//! [`Operation`]: what the extractors and answers of one handler say of themselves.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::http::problem::ProblemKind;

/// What the extractors and answers of one handler say of themselves, to become an operation of the
/// OpenAPI document.
#[derive(Debug)]
pub struct Operation<'g> {
    input: &'g mut SchemaGenerator,
    output: &'g mut SchemaGenerator,
    /// The names of the path's parameters, in its order; an extractor of paths describes them.
    pub(crate) path_params: Vec<String>,
    pub(crate) parameters: Vec<Value>,
    pub(crate) request_body: Option<Value>,
    pub(crate) responses: BTreeMap<u16, Value>,
    pub(crate) problems: Vec<ProblemKind>,
    /// The statuses whose codes are not all known.
    pub(crate) open: BTreeSet<u16>,
}

impl<'g> Operation<'g> {
    pub(crate) fn new(
        input: &'g mut SchemaGenerator,
        output: &'g mut SchemaGenerator,
        path_params: Vec<String>,
    ) -> Self {
        Self {
            input,
            output,
            path_params,
            parameters: Vec::new(),
            request_body: None,
            responses: BTreeMap::new(),
            problems: Vec::new(),
            open: BTreeSet::new(),
        }
    }

    /// The schema of a type that is read: a reference where it has a name.
    pub fn schema_of_input<T: JsonSchema>(&mut self) -> Value {
        self.input.subschema_for::<T>().to_value()
    }

    /// The schema of a type that is written.
    pub fn schema_of_output<T: JsonSchema>(&mut self) -> Value {
        self.output.subschema_for::<T>().to_value()
    }

    /// The names of the path's parameters, in its order.
    pub fn path_params(&self) -> &[String] {
        &self.path_params
    }

    /// A parameter: `location` is `path`, `query`, `header` or `cookie`.
    pub fn parameter(&mut self, location: &'static str, name: &str, required: bool, schema: Value) {
        self.parameters.retain(|known| !(known["in"] == location && known["name"] == name));
        self.parameters.push(json!({ "in": location, "name": name, "required": required, "schema": schema }));
    }

    /// The body of the request, in one more media type.
    pub fn request_body(&mut self, required: bool, media: &str, schema: Value) {
        let body = self.request_body.get_or_insert_with(|| json!({ "required": required, "content": {} }));
        body["content"][media] = json!({ "schema": schema });
    }

    /// The body that was described may be left out.
    pub fn body_is_optional(&mut self) {
        if let Some(body) = &mut self.request_body {
            body["required"] = json!(false);
        }
    }

    /// An answer. The first to describe a status names it; another media type is added to it.
    pub fn response(&mut self, status: StatusCode, description: &str, content: Option<(&str, Value)>) {
        let response =
            self.responses.entry(status.as_u16()).or_insert_with(|| json!({ "description": description }));
        if let Some((media, schema)) = content {
            // An OpenAPI content map is keyed by the bare media type.
            let media = media.split(';').next().unwrap_or(media);
            response["content"][media] = json!({ "schema": schema });
        }
    }

    /// An example of the request's body, under a name, in each of its JSON media types.
    pub fn request_example(&mut self, name: &str, value: Value) {
        if let Some(body) = &mut self.request_body {
            add_example(body, name, &value);
        }
    }

    /// An example of an answer that was described before.
    pub fn response_example(&mut self, status: StatusCode, name: &str, value: Value) {
        if let Some(response) = self.responses.get_mut(&status.as_u16()) {
            add_example(response, name, &value);
        }
    }

    /// A header of an answer that was described before.
    pub fn response_header(&mut self, status: StatusCode, name: &str, description: &str) {
        if let Some(response) = self.responses.get_mut(&status.as_u16()) {
            response["headers"][name] = json!({ "description": description, "schema": { "type": "string" } });
        }
    }

    /// Describes an answer and gives what it says of its success another status.
    pub(crate) fn with_status(&mut self, status: StatusCode, describe: impl FnOnce(&mut Self)) {
        let before = std::mem::take(&mut self.responses);
        describe(self);
        let inner = std::mem::replace(&mut self.responses, before);
        for (own, response) in inner {
            let status = if (200..300).contains(&own) { status.as_u16() } else { own };
            self.responses.entry(status).or_insert(response);
        }
    }

    /// Describes an answer and adds a header to whatever it can answer with, but errors.
    pub(crate) fn with_header(&mut self, name: &str, about: &str, describe: impl FnOnce(&mut Self)) {
        let before = std::mem::take(&mut self.responses);
        describe(self);
        let inner = std::mem::replace(&mut self.responses, before);
        for (status, response) in inner {
            self.responses.entry(status).or_insert(response);
            if let Some(code) = StatusCode::from_u16(status).ok().filter(|_| status < 400) {
                self.response_header(code, name, about);
            }
        }
    }

    /// The kinds of problem that can be answered.
    pub fn problems(&mut self, kinds: &[ProblemKind]) {
        for kind in kinds {
            if !self.problems.contains(kind) {
                self.problems.push(*kind);
            }
        }
    }

    /// Problems of the statuses of these kinds can carry other codes as well.
    pub fn more_codes(&mut self, kinds: &[ProblemKind]) {
        self.open.extend(kinds.iter().map(|kind| kind.status.as_u16()));
    }

    /// The schema of a type that is read, spelled out even where it has a name.
    pub fn inline_schema_of_input<T: JsonSchema>(&mut self) -> Value {
        T::json_schema(self.input).to_value()
    }

    /// The properties of an object type that is read, with whether each is required, as a query
    /// string or a set of headers spells them.
    pub fn properties_of<T: JsonSchema>(&mut self) -> Vec<(String, bool, Value)> {
        let schema = self.inline_schema_of_input::<T>();
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let none = Map::new();
        let properties = schema["properties"].as_object().unwrap_or(&none);
        properties
            .iter()
            .map(|(name, schema)| (name.clone(), required.contains(&name.as_str()), schema.clone()))
            .collect()
    }
}

fn add_example(holder: &mut Value, name: &str, value: &Value) {
    let contents = holder.get_mut("content").and_then(Value::as_object_mut);
    for (media, content) in contents.into_iter().flatten() {
        if media.ends_with("json") {
            content["examples"][name] = json!({ "value": value });
        }
    }
}
