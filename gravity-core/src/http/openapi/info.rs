//! [`OpenApi`]: what a document says of the service as a whole.

use serde_json::{Map, Value, json};

use super::document::Document;
use crate::http::Routes;

/// What an OpenAPI document says of the service as a whole; the rest is read off the routes.
///
/// ```
/// use gravity_core::http::openapi::OpenApi;
/// use gravity_core::http::{PUBLIC, Routes, get};
///
/// async fn hello() -> &'static str {
///     "hello"
/// }
///
/// let routes: Routes = Routes::new().route(get("/hello", "hello").allow(PUBLIC).about("Greets").to(hello));
/// let document = OpenApi::new("Greetings", "1.0.0").document(&routes);
/// assert_eq!(document.as_value()["paths"]["/hello"]["get"]["summary"], "Greets");
/// ```
#[derive(Debug, Clone)]
pub struct OpenApi {
    info: Map<String, Value>,
    pub(super) servers: Vec<Value>,
    pub(super) tags: Vec<(String, String)>,
}

impl OpenApi {
    /// A service of this name, in this version of its contract.
    pub fn new(title: impl Into<String>, version: impl Into<String>) -> Self {
        let mut info = Map::new();
        info.insert("title".to_owned(), Value::String(title.into()));
        info.insert("version".to_owned(), Value::String(version.into()));
        Self { info, servers: Vec::new(), tags: Vec::new() }
    }

    /// What it is for; Markdown.
    #[must_use]
    pub fn with_description(self, text: impl Into<String>) -> Self {
        self.with("description", Value::String(text.into()))
    }

    /// Whom to ask.
    #[must_use]
    pub fn with_contact(self, name: &str, url: &str) -> Self {
        self.with("contact", json!({ "name": name, "url": url }))
    }

    /// The licence of the interface: its name and its SPDX expression, such as `MIT OR Apache-2.0`.
    #[must_use]
    pub fn with_licence(self, name: &str, spdx: &str) -> Self {
        self.with("license", json!({ "name": name, "identifier": spdx }))
    }

    /// Where the service is found. Without any, a document that is served names the place that it
    /// was asked at, which is right under every prefix.
    #[must_use]
    pub fn with_server(mut self, url: &str, description: &str) -> Self {
        self.servers.push(json!({ "url": url, "description": description }));
        self
    }

    /// What a tag of the routes means. Tags stand in the order of these calls; others follow in the
    /// order of the route table.
    #[must_use]
    pub fn with_tag(mut self, name: impl Into<String>, description: impl Into<String>) -> Self {
        self.tags.push((name.into(), description.into()));
        self
    }

    /// The document of these routes. The same routes give the same bytes.
    ///
    /// # Panics
    /// When the routes cannot be documented without a lie: two operations of one id, two types of one
    /// schema name, one problem code with two meanings.
    pub fn document<S>(&self, routes: &Routes<S>) -> Document {
        Document::of(self, routes.iter())
    }

    pub(super) fn info(&self) -> Value {
        Value::Object(self.info.clone())
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.info.insert(key.to_owned(), value);
        self
    }
}
