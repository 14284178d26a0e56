//! Who may call, in the document: security schemes, and what each operation needs.

use serde_json::{Map, Value, json};

use crate::http::access::{Needs, Scheme};
use crate::http::route::RouteInfo;

/// The ways to sign in to a route, under their names in the document.
pub(super) fn schemes(route: &RouteInfo) -> Vec<(String, Value)> {
    let Some(authenticator) = route.authenticator.as_ref().filter(|_| route.authenticates()) else {
        return Vec::new();
    };
    authenticator.schemes().iter().map(|scheme| (name(scheme), describe(scheme))).collect()
}

/// Any one of the route's schemes lets in; the document names the permission as the role it takes.
pub(super) fn requirement(route: &RouteInfo) -> Value {
    let roles: Vec<&str> = match &route.access.0 {
        Needs::Permission(permission) => vec![permission.as_str()],
        _ => Vec::new(),
    };
    let one = |(name, _): (String, Value)| {
        let mut requirement = Map::new();
        requirement.insert(name, json!(roles));
        Value::Object(requirement)
    };
    let mut all: Vec<Value> = schemes(route).into_iter().map(one).collect();
    if matches!(route.access.0, Needs::Nothing) && !all.is_empty() {
        // Credentials are looked at where there are any, and nobody has to have some.
        all.insert(0, json!({}));
    }
    Value::Array(all)
}

/// What a reader is told of it.
pub(super) fn sentence(route: &RouteInfo) -> Option<String> {
    match &route.access.0 {
        Needs::Nothing => None,
        Needs::Principal => Some("Needs a caller who is signed in.".to_owned()),
        Needs::Permission(permission) => Some(format!("Needs the permission `{permission}`.")),
        Needs::Rule(rule) => {
            Some(format!("Needs a caller who is signed in, under the rule `{}`.", rule.name))
        }
    }
}

/// The members that machines read.
pub(super) fn extension(route: &RouteInfo) -> Option<(&'static str, String)> {
    match &route.access.0 {
        Needs::Permission(permission) => Some(("x-permission", permission.to_string())),
        Needs::Rule(rule) => Some(("x-rule", rule.name.to_owned())),
        Needs::Nothing | Needs::Principal => None,
    }
}

fn name(scheme: &Scheme) -> String {
    match scheme {
        Scheme::Bearer => "bearer".to_owned(),
        Scheme::ApiKey(header) => format!("header.{}", key(header)),
        Scheme::Cookie(cookie) => format!("cookie.{}", key(cookie)),
    }
}

fn describe(scheme: &Scheme) -> Value {
    match scheme {
        Scheme::Bearer => json!({ "type": "http", "scheme": "bearer" }),
        Scheme::ApiKey(header) => json!({ "type": "apiKey", "in": "header", "name": header }),
        Scheme::Cookie(cookie) => json!({ "type": "apiKey", "in": "cookie", "name": cookie }),
    }
}

/// What a component may be called.
fn key(text: &str) -> String {
    text.chars()
        .map(|char| if char.is_ascii_alphanumeric() || "._-".contains(char) { char } else { '_' })
        .collect()
}
