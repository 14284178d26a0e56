//! [`Item`]: one route as an operation of the document.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Map, Value, json};

use super::operation::Operation;
use super::refusals::{RATELIMIT, RATELIMIT_POLICY, Refusals};
use super::schemas::{Schemas, Settled, tidy, without_null};
use super::security;
use crate::http::access::Needs;
use crate::http::problem::ProblemKind;
use crate::http::problems;
use crate::http::route::RouteInfo;

/// What every route can answer with, whatever it does.
const ALWAYS: &[ProblemKind] = &[
    problems::BAD_REQUEST,
    problems::URI_TOO_LONG,
    problems::HEADERS_TOO_LARGE,
    problems::INTERNAL,
    problems::TIMEOUT,
    problems::UNAVAILABLE,
];

/// One route as an operation, before the schemas have their names.
pub(super) struct Item<'r> {
    pub(super) path: String,
    pub(super) method: &'static str,
    route: &'r RouteInfo,
    parameters: Vec<Value>,
    request_body: Option<Value>,
    responses: Map<String, Value>,
    problems: Vec<ProblemKind>,
    open: BTreeSet<u16>,
}

impl<'r> Item<'r> {
    /// Describes a route; `None` where the document has no place for it: it is unlisted, or its
    /// method is one that OpenAPI does not know.
    pub(super) fn of(route: &'r RouteInfo, schemas: &mut Schemas) -> Option<Self> {
        let method = listed(&route.method).filter(|_| !route.unlisted)?;
        let names: Vec<String> = route.param_names.iter().map(ToString::to_string).collect();
        let mut operation = Operation::new(&mut schemas.input, &mut schemas.output, names.clone());
        (route.describe)(&mut operation);
        for more in &route.described {
            more(&mut operation);
        }
        operation.problems(&by_nature(route));
        operation.problems(&route.problems);
        if !route.rate_limits.is_empty() {
            rate_limited(&mut operation);
        }
        for name in &names {
            // OpenAPI wants every parameter of the path described, also those that no argument reads.
            if !operation.parameters.iter().any(|known| known["in"] == "path" && known["name"] == *name) {
                operation.parameter("path", name, true, json!({ "type": "string" }));
            }
        }
        let Operation { parameters, request_body, responses, problems, open, .. } = operation;
        Some(Self {
            // What the router calls `{*rest}` is `{rest}` here.
            path: route.path.replace("{*", "{"),
            method,
            route,
            parameters,
            request_body,
            responses: responses.into_iter().map(|(status, value)| (status.to_string(), value)).collect(),
            problems,
            open,
        })
    }

    /// The operation, once the schemas have their names.
    pub(super) fn render(mut self, schemas: &Settled, refusals: &mut Refusals) -> Value {
        for parameter in &mut self.parameters {
            finish_parameter(parameter);
            schemas.point_at_inputs(parameter);
        }
        if let Some(body) = &mut self.request_body {
            tidy_content(body);
            schemas.point_at_inputs(body);
            spell_forms_out(body, schemas);
        }
        for response in self.responses.values_mut() {
            tidy_content(response);
        }
        let mut responses = self.responses;
        if responses.is_empty() {
            // A response made by hand says nothing of itself.
            responses.insert("default".to_owned(), json!({ "description": "The answer." }));
        }
        refusals.add(&self.problems, &self.open, &mut responses);
        let route = self.route;
        let mut operation = json!({
            "operationId": route.operation_id,
            "responses": responses,
            "security": security::requirement(route),
        });
        let mut set = |key: &str, value: Value| operation[key] = value;
        if !route.summary.is_empty() {
            set("summary", json!(route.summary));
        }
        let description: Vec<String> = Some(route.description.to_owned())
            .filter(|text| !text.is_empty())
            .into_iter()
            .chain(security::sentence(route))
            .collect();
        if !description.is_empty() {
            set("description", json!(description.join("\n\n")));
        }
        if !route.tag.is_empty() {
            set("tags", json!([route.tag]));
        }
        if route.deprecated {
            set("deprecated", json!(true));
        }
        if !self.parameters.is_empty() {
            set("parameters", Value::Array(self.parameters));
        }
        if let Some(body) = self.request_body {
            set("requestBody", body);
        }
        if let Some((key, value)) = security::extension(route) {
            set(key, json!(value));
        }
        operation
    }
}

/// What a route can answer with by what it is, rather than by what its handler does.
fn by_nature(route: &RouteInfo) -> Vec<ProblemKind> {
    let mut kinds = ALWAYS.to_vec();
    if !route.param_names.is_empty() {
        kinds.push(problems::NOT_FOUND);
    }
    if !route.media.is_empty() {
        kinds.push(problems::NOT_ACCEPTABLE);
    }
    if !matches!(route.access.0, Needs::Nothing) {
        kinds.push(problems::UNAUTHENTICATED);
    }
    if matches!(route.access.0, Needs::Permission(_) | Needs::Rule(_)) {
        kinds.push(problems::FORBIDDEN);
    }
    if let Some(authenticator) = route.authenticator.as_ref().filter(|_| route.authenticates()) {
        kinds.extend_from_slice(authenticator.problems());
    }
    kinds
}

/// The member of a path item that describes this method. HEAD goes with GET and is not listed.
fn listed(method: &Method) -> Option<&'static str> {
    Some(match *method {
        Method::GET => "get",
        Method::POST => "post",
        Method::PUT => "put",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        Method::OPTIONS => "options",
        Method::TRACE => "trace",
        _ => return None,
    })
}

fn finish_parameter(parameter: &mut Value) {
    let schema = &mut parameter["schema"];
    tidy(schema);
    without_null(schema);
    // Readers look for the words at the parameter; a schema by reference keeps its own.
    if let Some(object) = schema.as_object_mut() {
        let description = object.remove("description");
        let deprecated = object.remove("deprecated");
        for (key, value) in [("description", description), ("deprecated", deprecated)] {
            if let Some(value) = value {
                parameter[key] = value;
            }
        }
    }
}

/// A field of a form that may be left out is not there at all when it is, as with a parameter: the
/// schema that a JSON document shares is spelled out without its nulls.
fn spell_forms_out(body: &mut Value, schemas: &Settled) {
    for form in ["application/x-www-form-urlencoded", "multipart/form-data"] {
        let Some(schema) = body["content"].get_mut(form).map(|media| &mut media["schema"]) else { continue };
        if let Some(target) = schema["$ref"].as_str().and_then(|reference| schemas.target(reference)) {
            *schema = target.clone();
        }
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        properties.into_iter().flat_map(Map::values_mut).for_each(without_null);
    }
}

fn tidy_content(holder: &mut Value) {
    let contents = holder.get_mut("content").and_then(Value::as_object_mut);
    for media in contents.into_iter().flat_map(Map::values_mut) {
        tidy(&mut media["schema"]);
    }
}

/// What a route that has rate limits answers besides.
fn rate_limited(operation: &mut Operation<'_>) {
    operation.problems(&[problems::TOO_MANY_REQUESTS]);
    let statuses: Vec<u16> = operation.responses.keys().copied().collect();
    for status in statuses.into_iter().filter_map(|status| http::StatusCode::from_u16(status).ok()) {
        operation.response_header(status, "ratelimit", RATELIMIT);
        operation.response_header(status, "ratelimit-policy", RATELIMIT_POLICY);
    }
}
