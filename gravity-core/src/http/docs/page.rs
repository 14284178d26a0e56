//! `GET /docs` and its two assets. The page reads `openapi.json` beside it; nothing is fetched from
//! elsewhere, and nothing runs that is not one of these files.

use bytes::Bytes;
use http::header::{CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY};

use crate::http::asset::Asset;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::respond::Respond;
use crate::http::{PUBLIC, Response, Routes, get};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Path, operation id, media type and content of each file of the page.
const FILES: [(&str, &str, &str, &str); 3] = [
    ("/docs", "docs", "text/html; charset=utf-8", include_str!("assets/page.html")),
    ("/docs/page.js", "docsScript", "text/javascript; charset=utf-8", include_str!("assets/page.js")),
    ("/docs/page.css", "docsStyle", "text/css; charset=utf-8", include_str!("assets/page.css")),
];

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// Adds `GET /docs`: a page to read the document and to try the operations out.
    ///
    /// It works offline and under any prefix, under a content security policy that lets nothing in
    /// from elsewhere. What is typed into it as a credential stays in the memory of the page.
    ///
    /// # Panics
    /// When [`Routes::openapi`] has not been called before: the page shows its document.
    #[must_use]
    pub fn docs(self) -> Self {
        assert!(
            self.iter().any(|route| route.path() == "/openapi.json"),
            "the documentation page shows `/openapi.json`: call `openapi` before `docs`"
        );
        FILES.into_iter().fold(self, |routes, (path, id, media, content)| {
            let file = File(Asset::new(media, Bytes::from_static(content.as_bytes())));
            routes.route(get(path, id).allow(PUBLIC).unlisted().to(move || std::future::ready(file.clone())))
        })
    }
}

#[derive(Clone)]
struct File(Asset);

impl Respond for File {
    fn respond(self, parts: &mut Parts) -> Response {
        let mut response = self.0.answer(parts);
        let headers = response.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        response
    }

    fn describe(_: &mut Operation<'_>) {}
}
