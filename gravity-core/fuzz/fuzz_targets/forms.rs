//! Query strings and forms: both are read alike, and what a browser would write comes back.
#![no_main]

use arbitrary::Arbitrary;
use gravity_core::http::{Body, Form, Json, PUBLIC, Query, Routes, get, post};
use gravity_core_fuzz::{Answer, ask};
use http::{Request, Uri};
use libfuzzer_sys::fuzz_target;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Arbitrary, Serialize, Deserialize, JsonSchema)]
struct Filter {
    text: String,
    number: Option<i64>,
    flag: bool,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    ports: Vec<u16>,
}

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    raw: &'a [u8],
    filter: Filter,
}

async fn query(Query(filter): Query<Filter>) -> Json<Filter> {
    Json(filter)
}

async fn form(Form(filter): Form<Filter>) -> Json<Filter> {
    Json(filter)
}

thread_local! {
    static ROUTES: Routes = Routes::new()
        .route(get("/", "query").allow(PUBLIC).to(query))
        .route(post("/", "form").allow(PUBLIC).to(form));
}

fn by_form(body: &[u8]) -> Answer {
    let request = Request::post("/").header("content-type", "application/x-www-form-urlencoded");
    ROUTES.with(|routes| ask(routes, request.body(Body::from(body.to_vec())).unwrap()))
}

/// What a query that an address can hold is read as.
fn by_query(query: &[u8]) -> Option<Answer> {
    let uri = Uri::try_from([b"/?", query].concat())
        .ok()
        .filter(|uri| uri.query().map(str::as_bytes) == Some(query))?;
    let request = Request::get(uri).body(Body::empty()).unwrap();
    Some(ROUTES.with(|routes| ask(routes, request))).filter(|answer| answer.status != 414)
}

fuzz_target!(|input: Input<'_>| {
    let form = by_form(input.raw);
    assert!([200, 422].contains(&form.status.as_u16()), "{form:?}");
    if let Some(query) = by_query(input.raw) {
        assert_eq!(query.status.is_success(), form.status.is_success());
        if form.status.is_success() {
            assert_eq!(query.body, form.body);
        }
    }

    let written = write(&input.filter);
    for answer in [Some(by_form(written.as_bytes())), by_query(written.as_bytes())].into_iter().flatten() {
        assert_eq!(answer.status, 200, "{written:?}");
        assert_eq!(serde_json::from_slice::<Filter>(&answer.body).unwrap(), input.filter, "{written:?}");
    }
});

fn write(filter: &Filter) -> String {
    let mut pairs = vec![("text", filter.text.clone()), ("flag", filter.flag.to_string())];
    pairs.extend(filter.number.map(|number| ("number", number.to_string())));
    pairs.extend(filter.tags.iter().map(|tag| ("tags", tag.clone())));
    pairs.extend(filter.ports.iter().map(|port| ("ports", port.to_string())));
    serde_urlencoded::to_string(pairs).unwrap()
}
