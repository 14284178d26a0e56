//! `GET /docs` and its two assets. The page reads `openapi.json` beside it; nothing is fetched from
//! elsewhere, and nothing runs that is not one of these files.

use crate::http::{PUBLIC, Routes, StaticFile, get};

/// Path, operation id, media type and content of each file of the page.
const FILES: [(&str, &str, &str, &str); 3] = [
    ("/docs", "docs", "text/html; charset=utf-8", include_str!("assets/page.html")),
    ("/docs/page.js", "docsScript", "text/javascript; charset=utf-8", include_str!("assets/page.js")),
    (
        "/docs/page.css",
        "docsStyle",
        "text/css; charset=utf-8",
        concat!(include_str!("../style.css"), include_str!("assets/page.css")),
    ),
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
            let file = StaticFile::new(media, content);
            routes.route(get(path, id).allow(PUBLIC).unlisted().to(move || std::future::ready(file.clone())))
        })
    }
}
