//! Paths: the router finds what a plain search finds, and parameters come decoded, once.
#![no_main]

use std::collections::BTreeMap;

use gravity_core::http::{Body, Json, PUBLIC, Path, Routes, get, post};
use gravity_core_fuzz::ask;
use http::{Request, Uri};
use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;

/// From the one that goes before all others to the one that goes after them.
const PATTERNS: [&str; 9] =
    ["/", "/a", "/a/b", "/a/{x}", "/a/{x}/c", "/a/{x}/{y}", "/files/{*rest}", "/{x}", "/{x}/b"];

type Params = BTreeMap<String, String>;

fn routes() -> Routes {
    let table = PATTERNS.into_iter().fold(Routes::new(), |routes, pattern| {
        let handler = move |Path(params): Path<Params>| async move { Json((pattern.to_owned(), params)) };
        routes.route(get(pattern, "read").allow(PUBLIC).to(handler))
    });
    let number = |Path(number): Path<u16>| async move { Json(number) };
    table.route(post("/{x}", "number").allow(PUBLIC).to(number))
}

thread_local! {
    static ROUTES: Routes = routes();
}

fuzz_target!(|text: &str| {
    let Ok(uri) = text.parse::<Uri>() else { return };
    let path = uri.path().to_owned();
    let request = Request::get(uri.clone()).body(Body::empty()).unwrap();
    let answer = ROUTES.with(|routes| ask(routes, request));
    let found = PATTERNS.iter().find_map(|pattern| Some((*pattern, matched(pattern, &path)?)));
    match found {
        None => assert_eq!(answer.status, 404, "{path:?}"),
        Some((pattern, params)) => match params.into_iter().collect::<Option<Params>>() {
            None => assert_eq!(answer.status, 400, "{path:?}"),
            Some(params) => {
                let (by, read): (String, Params) = serde_json::from_slice(&answer.body).unwrap();
                assert_eq!((by.as_str(), read), (pattern, params), "{path:?}");
            }
        },
    }
    if let Some(params) = matched("/{x}", &path).filter(|_| path != "/a") {
        let answer = ROUTES.with(|routes| ask(routes, Request::post(uri).body(Body::empty()).unwrap()));
        let number = params[0].as_ref().and_then(|(_, text)| text.parse::<u16>().ok());
        assert_eq!(answer.status.is_success().then(|| answer.json()), number.map(Into::into));
    }
});

/// The parameters of a pattern, where a path is of it; `None` in the place of one that is no text.
fn matched(pattern: &str, path: &str) -> Option<Vec<Option<(String, String)>>> {
    let decoded = |name: &str, raw: &str| {
        Some((name.to_owned(), percent_decode_str(raw).decode_utf8().ok()?.into_owned()))
    };
    let (mut params, mut rest) = (Vec::new(), path);
    for piece in pattern.strip_prefix('/')?.split('/') {
        rest = rest.strip_prefix('/')?;
        let name = piece.strip_prefix('{').and_then(|piece| piece.strip_suffix('}'));
        if let Some(name) = name.and_then(|name| name.strip_prefix('*')) {
            params.push(decoded(name, rest));
            return (!rest.is_empty()).then_some(params);
        }
        let (segment, after) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        rest = after;
        match name {
            Some(name) if !segment.is_empty() => params.push(decoded(name, segment)),
            None if segment == piece => {}
            _ => return None,
        }
    }
    rest.is_empty().then_some(params)
}
