//! The smaller extractors: forms, headers, cookies, tokens, keys, extensions.
#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod common;

use bytes::Bytes;
use common::{call, empty, form};
use gravity_core::http::{
    BearerToken, Body, Conditional, Cookies, Extension, Form, Headers, IdempotencyKey, Json, JsonOrForm,
    LastEventId, NoContent, OriginalUri, RequestId,
};
use http::{HeaderMap, Request};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Person {
    name: String,
    town: Option<String>,
}

async fn person(Form(person): Form<Person>) -> Json<Person> {
    Json(person)
}

#[tokio::test]
async fn forms_are_read() {
    let routes = post_root!(person);
    let answer = call(&routes, form("/", "name=J%C3%BCrgen+%26+Co&town=K%2BL")).await;
    assert_eq!(answer.json(), serde_json::json!({ "name": "Jürgen & Co", "town": "K+L" }));
    let odd = call(&routes, form("/", "&&name=a=b&")).await;
    assert_eq!(odd.json()["name"], "a=b");
    assert_eq!(call(&routes, form("/", "town=x")).await.status, 422);
    let both = call(&routes, form("/", "name=%FF&town=%FE")).await;
    assert_eq!((both.status, both.pointers()), (422, vec!["/name".into(), "/town".into()]));
    for media in ["text/plain", "application/json", "", "multipart/form-data"] {
        let request = Request::post("/").header("content-type", media).body(Body::from("name=a")).unwrap();
        assert_eq!(call(&routes, request).await.status, 415, "{media}");
    }
    let request = Request::post("/")
        .header("content-type", "Application/X-WWW-Form-urlencoded; charset=UTF-8")
        .body(Body::from("name=a"))
        .unwrap();
    assert_eq!(call(&routes, request).await.status, 200);
}

#[derive(Deserialize, JsonSchema)]
struct Order {
    #[schemars(length(min = 2))]
    name: String,
    #[schemars(range(max = 9))]
    count: u8,
    #[serde(default)]
    tag: Vec<String>,
}

async fn order(Form(order): Form<Order>) -> String {
    format!("{} {} {:?}", order.name, order.count, order.tag)
}

#[tokio::test]
async fn all_faults_of_a_form_are_told() {
    let routes = post_root!(order);
    let answer = call(&routes, form("/", "name=ab&count=9&tag=x&tag=y")).await;
    assert_eq!(answer.text(), r#"ab 9 ["x", "y"]"#);
    for (body, pointers) in [
        ("name=a&count=10", &["/count", "/name"][..]),
        ("name=ab&count=many", &["/count"]),
        ("name=ab&name=cd&count=1", &["/name"]),
        ("", &["/count", "/name"]),
    ] {
        let answer = call(&routes, form("/", body)).await;
        let mut told = answer.pointers();
        told.sort();
        assert_eq!((answer.status, told.iter().map(String::as_str).collect()), (422, pointers.to_vec()));
    }
}

async fn either(JsonOrForm(person): JsonOrForm<Person>) -> String {
    person.name
}

#[tokio::test]
async fn a_body_may_be_json_or_a_form() {
    let routes = post_root!(either);
    assert_eq!(call(&routes, form("/", "name=a")).await.text(), "a");
    let json = Request::post("/").header("content-type", "application/json");
    assert_eq!(call(&routes, json.body(Body::from(r#"{"name":"b"}"#)).unwrap()).await.text(), "b");
    assert_eq!(call(&routes, Request::post("/").body(Body::from("name=a")).unwrap()).await.status, 415);
}

async fn maybe(person: Option<Json<Person>>) -> String {
    person.map_or_else(|| "nobody".to_owned(), |Json(person)| person.name)
}

#[tokio::test]
async fn a_body_may_be_left_out() {
    let routes = post_root!(maybe);
    assert_eq!(call(&routes, empty(Request::post("/"))).await.text(), "nobody");
    let json = || Request::post("/").header("content-type", "application/json");
    assert_eq!(call(&routes, json().body(Body::from(r#"{"name":"b"}"#)).unwrap()).await.text(), "b");
    assert_eq!(call(&routes, empty(json())).await.status, 400);
    assert_eq!(call(&routes, Request::post("/").body(Body::from("{}")).unwrap()).await.status, 415);
    // As chunks: nobody knows that there is nothing before it has been read.
    let chunks = |text: &'static str| {
        let pieces = [Ok::<_, std::io::Error>(bytes::Bytes::from_static(text.as_bytes()))];
        Request::post("/").body(Body::from_stream(futures_util::stream::iter(pieces))).unwrap()
    };
    assert_eq!(call(&routes, chunks("")).await.text(), "nobody");
    assert_eq!(call(&routes, chunks("{}")).await.status, 415);
}

#[derive(Deserialize, JsonSchema)]
struct Tenant {
    x_tenant: String,
    x_region: Option<String>,
}

async fn tenant(Headers(tenant): Headers<Tenant>, all: HeaderMap) -> String {
    format!("{} {} {}", tenant.x_tenant, tenant.x_region.unwrap_or_default(), all.len())
}

#[tokio::test]
async fn headers_are_typed() {
    let routes = at_root!(tenant);
    let request = empty(Request::get("/").header("X-Tenant", "acme").header("x-region", "eu"));
    assert_eq!(call(&routes, request).await.text(), "acme eu 2");
    assert_eq!(call(&routes, empty(Request::get("/"))).await.status, 400);
    let request = empty(Request::get("/").header("X-Tenant", &b"\xff"[..]));
    let answer = call(&routes, request).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.pointers(), ["/header/x-tenant"]);
}

async fn cookies(cookies: Cookies) -> String {
    cookies.iter().map(|(name, value)| format!("[{name}={value}]")).collect::<Vec<_>>().concat()
}

#[tokio::test]
async fn cookies_of_all_headers_are_read_and_broken_ones_passed_over() {
    let routes = at_root!(cookies);
    let request = Request::get("/")
        .header("cookie", "a=1; b=\"2\";bad name=3; c=; json={\"x\":1}; d; =e")
        .header("cookie", "a=2; f=x=y")
        .header("cookie", &b"g=\xff"[..]);
    assert_eq!(call(&routes, empty(request)).await.text(), "[a=1][b=2][c=][a=2][f=x=y]");
    let many = (0..500).map(|n| format!("c{n}=v;")).collect::<Vec<_>>().concat();
    let answer = call(&routes, empty(Request::get("/").header("cookie", many))).await;
    assert_eq!(answer.text().matches('[').count(), 128);
}

async fn token(token: BearerToken) -> String {
    assert_eq!(format!("{token:?}"), "BearerToken(***)");
    token.as_str().to_owned()
}

async fn maybe_token(token: Option<BearerToken>) -> String {
    token.map_or_else(|| "none".to_owned(), |token| token.as_str().to_owned())
}

#[tokio::test]
async fn bearer_tokens_are_read_strictly() {
    let with = |value: &str| empty(Request::get("/").header("authorization", value));
    let routes = at_root!(token);
    for good in ["Bearer abc.DEF-_~+/1==", "bearer abc.DEF-_~+/1==", "BEARER   abc.DEF-_~+/1== "] {
        assert_eq!(call(&routes, with(good)).await.text(), "abc.DEF-_~+/1==", "{good}");
    }
    let long = format!("Bearer {}", "a".repeat(9000));
    for bad in
        ["Bearer", "Bearer ", "Bearer a b", "Bearer =", "Bearer a=b", "Bearer a,b", "Basic eDp5", "", &long]
    {
        let answer = call(&routes, with(bad)).await;
        assert_eq!(answer.status, 401, "{bad}");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
    let twice =
        empty(Request::get("/").header("authorization", "Bearer a").header("authorization", "Bearer a"));
    assert_eq!(call(&routes, twice).await.status, 400);
    let routes = at_root!(maybe_token);
    assert_eq!(call(&routes, empty(Request::get("/"))).await.text(), "none");
    assert_eq!(call(&routes, with("Basic eDp5")).await.text(), "none");
    assert_eq!(call(&routes, with("Bearer a b")).await.status, 401);
}

#[test]
fn other_credentials_are_read_strictly() {
    use gravity_core::http::credentials::{api_key, cookie};
    let head = |name: &str, values: &[&str]| {
        let mut builder = Request::get("/");
        for value in values {
            builder = builder.header(name, *value);
        }
        builder.body(()).unwrap().into_parts().0
    };
    assert_eq!(api_key(&head("x-api-key", &["k_1"]), "x-api-key").unwrap(), Some("k_1"));
    assert_eq!(api_key(&head("x-other", &["k_1"]), "x-api-key").unwrap(), None);
    assert_eq!(api_key(&head("x-api-key", &["a", "a"]), "x-api-key").unwrap_err().status(), 400);
    assert_eq!(api_key(&head("x-api-key", &["a b"]), "x-api-key").unwrap_err().status(), 401);
    assert_eq!(cookie(&head("cookie", &["s=1; t=2"]), "s").unwrap(), Some("1"));
    assert_eq!(cookie(&head("cookie", &["s=1", "s=1"]), "s").unwrap(), Some("1"));
    assert_eq!(cookie(&head("cookie", &["s=1", "s=2"]), "s").unwrap_err().status(), 400);
    assert_eq!(cookie(&head("cookie", &["t=1"]), "s").unwrap(), None);
}

async fn key(key: IdempotencyKey) -> String {
    key.as_str().to_owned()
}

async fn maybe_key(key: Option<IdempotencyKey>) -> String {
    key.map_or_else(|| "none".to_owned(), |key| key.as_str().to_owned())
}

#[tokio::test]
async fn idempotency_keys_are_quoted_or_bare() {
    let routes = post_root!(key);
    let with = |value: &str| empty(Request::post("/").header("idempotency-key", value));
    assert_eq!(call(&routes, with("8e03978e-40d5")).await.text(), "8e03978e-40d5");
    assert_eq!(call(&routes, with("\"8e03978e-40d5\"")).await.text(), "8e03978e-40d5");
    assert_eq!(call(&routes, with(r#""a\"b\\c""#)).await.text(), r#"a"b\c"#);
    let (longest, longer) = ("k".repeat(255), "k".repeat(256));
    assert_eq!(call(&routes, with(&longest)).await.text(), longest);
    for bad in ["", "\"\"", "\"a", "a\"", "a b", "\"a b\"", "\"a\";v=1", "a,b", r#""\n""#, &longer] {
        let answer = call(&routes, with(bad)).await;
        assert_eq!(
            (answer.status, answer.pointers()),
            (400, vec!["/header/idempotency-key".to_owned()]),
            "{bad}"
        );
    }
    let twice = Request::post("/").header("idempotency-key", "a").header("idempotency-key", "a");
    assert_eq!(call(&routes, empty(twice)).await.status, 400);
    assert_eq!(call(&routes, empty(Request::post("/"))).await.status, 400);
    let routes = post_root!(maybe_key);
    assert_eq!(call(&routes, empty(Request::post("/"))).await.text(), "none");
    assert_eq!(call(&routes, with("a b")).await.status, 400);
}

async fn about(id: RequestId, uri: OriginalUri, number: Extension<u32>, last: Option<LastEventId>) -> String {
    format!("{id} {} {} {}", uri.0, number.0, last.map(|last| last.0).unwrap_or_default())
}

#[tokio::test]
async fn what_layers_add_can_be_asked_for() {
    let routes = at_root!(about);
    let mut request = empty(Request::get("/?a=b").header("last-event-id", "7"));
    request.extensions_mut().insert(7_u32);
    request.extensions_mut().insert(RequestId::parse("r-1").unwrap());
    assert_eq!(call(&routes, request).await.text(), "r-1 /?a=b 7 7");
    assert_eq!(call(&routes, empty(Request::get("/"))).await.status, 500);
}

async fn conditions(_: Conditional) -> NoContent {
    NoContent
}

#[tokio::test]
async fn conditions_must_be_tags() {
    let routes = post_root!(conditions);
    for (value, status) in [("*", 204), ("\"a\", W/\"b\"", 204), ("a", 400), ("*, \"a\"", 400), ("", 400)] {
        let request = empty(Request::post("/").header("if-match", value));
        assert_eq!(call(&routes, request).await.status, status, "{value}");
    }
    let request = empty(Request::post("/").header("if-unmodified-since", "yesterday"));
    assert_eq!(call(&routes, request).await.status, 204, "a date that is none is no condition");
}

#[tokio::test]
async fn a_body_that_is_not_there_is_empty() {
    async fn size(body: Bytes) -> String {
        body.len().to_string()
    }
    assert_eq!(call(&post_root!(size), empty(Request::post("/"))).await.text(), "0");
}
