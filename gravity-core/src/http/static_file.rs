//! [`StaticFile`]: a page, its style or its script, kept in the program.

use bytes::Bytes;
use http::header::{CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY};

use super::Response;
use super::asset::Asset;
use super::openapi::Operation;
use super::parts::Parts;
use super::respond::Respond;

/// The look of Gravity's own pages: colours for light and dark, text, controls. It stands before what a page adds.
pub const STYLE: &str = include_str!("style.css");

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A page, its style or its script, kept in the program. Clients keep it and ask whether it has changed.
///
/// Under its content security policy a page gets styles, scripts and data from its own server only, and nothing runs
/// or looks that stands in the page itself.
///
/// ```
/// use gravity_core::http::{PUBLIC, Routes, StaticFile, get};
///
/// let page = StaticFile::new("text/html; charset=utf-8", "<!doctype html><title>Hello</title>");
/// let route = get("/hello", "hello").allow(PUBLIC).unlisted();
/// let routes: Routes = Routes::new().route(route.to(move || std::future::ready(page.clone())));
/// ```
#[derive(Debug, Clone)]
pub struct StaticFile(Asset);

impl StaticFile {
    /// A file of this media type.
    pub fn new(media: &'static str, content: impl Into<Bytes>) -> Self {
        Self(Asset::new(media, content.into()))
    }
}

impl Respond for StaticFile {
    fn respond(self, parts: &mut Parts) -> Response {
        let mut response = self.0.answer(parts);
        let headers = response.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        response
    }

    fn describe(_: &mut Operation<'_>) {}
}
