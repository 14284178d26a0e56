//! `GET /openapi.json`: the document as it is served.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde_json::{Value, json};

use super::info::OpenApi;
use super::operation::Operation;
use crate::http::asset::Asset;
use crate::http::parts::Parts;
use crate::http::respond::Respond;
use crate::http::{PUBLIC, Response, Routes, get};

const PATH: &str = "/openapi.json";
const MEDIA: &str = "application/json";

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// Adds `GET /openapi.json`: the document of every route so far, made once.
    ///
    /// Under whichever prefix the routes are mounted, the document names that place as its server.
    ///
    /// # Panics
    /// As [`OpenApi::document`] does.
    #[must_use]
    pub fn openapi(self, info: OpenApi) -> Self {
        let document = Arc::new(Served::new(info.document(&self).into_value()));
        let handler = move || std::future::ready(Answer(Arc::clone(&document)));
        self.route(
            get(PATH, "openapi")
                .allow(PUBLIC)
                .about("The OpenAPI document of this service")
                .unlisted()
                .to(handler),
        )
    }
}

struct Served {
    document: Value,
    /// As it was asked for first, with the prefix that it was asked under; a service is rarely
    /// mounted under more than one.
    first: OnceLock<(String, Asset)>,
}

impl Served {
    fn new(document: Value) -> Self {
        Self { document, first: OnceLock::new() }
    }

    fn under(&self, prefix: &str) -> Asset {
        let (known, asset) = self.first.get_or_init(|| (prefix.to_owned(), self.render(prefix)));
        if known == prefix { asset.clone() } else { self.render(prefix) }
    }

    fn render(&self, prefix: &str) -> Asset {
        let with_server = || {
            let mut document = self.document.clone();
            document["servers"] = json!([{ "url": if prefix.is_empty() { "/" } else { prefix } }]);
            document
        };
        let text = if self.document.get("servers").is_some() {
            self.document.to_string()
        } else {
            with_server().to_string()
        };
        Asset::new(MEDIA, Bytes::from(text))
    }
}

struct Answer(Arc<Served>);

impl Respond for Answer {
    const MEDIA: &'static [&'static str] = &[MEDIA];

    fn respond(self, parts: &mut Parts) -> Response {
        let path = parts.original_path();
        let asset = self.0.under(path.strip_suffix(PATH).unwrap_or_default());
        asset.answer(parts)
    }

    fn describe(_: &mut Operation<'_>) {}
}
