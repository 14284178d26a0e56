//! The smaller answers: redirects, cookies, pages, statuses, tags, events, negotiation.
#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]
#![allow(clippy::items_after_statements, reason = "a handler stands beside what is said of it")]

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{call, empty, open};
use futures_util::{Stream, StreamExt, stream};
use gravity_core::http::{
    Accepted, ETag, Event, Extension, Html, InvalidCookie, InvalidEvent, Json, NoContent, NotLocal, PUBLIC,
    Problem, Query, Redirect, Routes, SameSite, SetCookie, SetCookies, Sse, StreamBody, Tagged, WithHeaders,
    WithStatus, get, media, post, problems,
};
use http::header::{ACCEPT, HeaderName, HeaderValue};
use http::{HeaderMap, Request};
use proptest::prelude::*;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Next {
    next: String,
}

async fn go(Query(query): Query<Next>) -> Result<Redirect, NotLocal> {
    Redirect::to(&query.next)
}

async fn leave() -> Redirect<308> {
    Redirect::external(&"https://example.com/a?b=c".parse().unwrap())
}

#[tokio::test]
async fn redirects_stay_here_unless_they_are_told_otherwise() {
    let routes = at_root!(go);
    let to = |next: &str| {
        let next = next.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
        empty(Request::get(format!("/?next={next}")))
    };
    for (next, location) in
        [("/", "/"), ("/a?b=/c#d", "/a?b=/c#d"), ("/ü b%20", "/%C3%BC%20b%20"), ("/a//b", "/a//b")]
    {
        let answer = call(&routes, to(next)).await;
        assert_eq!((answer.status, answer.header("location")), (303, location), "{next}");
    }
    for evil in [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "",
        "evil",
        "/\t/evil.example",
        "/\n/evil.example",
        "/a\r\nset-cookie: b=c",
        "\u{85}/",
        "/\u{85}/evil",
        " //evil",
    ] {
        assert_eq!(call(&routes, to(evil)).await.status, 400, "{evil:?}");
    }
    let answer = call(&at_root!(leave), empty(Request::get("/"))).await;
    assert_eq!((answer.status, answer.header("location")), (308, "https://example.com/a?b=c"));
}

#[tokio::test]
async fn cookies_are_set_safely() {
    async fn sign_in() -> Result<SetCookies<NoContent>, Problem> {
        let broken = |error: InvalidCookie| Problem::new(problems::INTERNAL).because(error);
        let session = SetCookie::host("s", "k3J9").map_err(broken)?;
        let theme = SetCookie::new("theme", "dark").map_err(broken)?;
        let theme = theme.readable_by_scripts().max_age(Duration::from_mins(1)).same_site(SameSite::Strict);
        Ok(SetCookies::new(NoContent).set(session).set(theme).set(SetCookie::removal("old").map_err(broken)?))
    }
    let answer = call(&at_root!(sign_in), empty(Request::get("/"))).await;
    let cookies: Vec<_> =
        answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(
        cookies,
        [
            "__Host-s=k3J9; Path=/; Secure; HttpOnly; SameSite=Lax",
            "theme=dark; Path=/; Max-Age=60; Secure; SameSite=Strict",
            "old=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax",
        ]
    );
    assert_eq!((answer.status, answer.header("cache-control")), (204, "no-store"));
}

#[test]
fn cookies_that_break_the_rules_are_not_made() {
    for name in ["", "a b", "a=b", "a;b", "ü", "a\r\nb"] {
        assert_eq!(SetCookie::new(name, "v"), Err(InvalidCookie::Name), "{name:?}");
    }
    for value in ["a b", "a;b", "a,b", "\"", "ü", "a\r\nset-cookie: x=y"] {
        assert_eq!(SetCookie::new("n", value), Err(InvalidCookie::Value), "{value:?}");
    }
    assert_eq!(SetCookie::new("n", &"v".repeat(4096)), Err(InvalidCookie::TooLong));
    let host = SetCookie::new("__host-s", "v").unwrap();
    assert_eq!(host.clone().path("/a"), Err(InvalidCookie::Prefix));
    assert_eq!(host.clone().domain("example.com"), Err(InvalidCookie::Prefix));
    assert_eq!(host.insecure(), Err(InvalidCookie::Prefix));
    let plain = SetCookie::new("n", "v").unwrap();
    assert_eq!(plain.clone().path("/a; Domain=evil"), Err(InvalidCookie::Scope));
    assert_eq!(plain.clone().domain("a; b"), Err(InvalidCookie::Scope));
    let local = plain.insecure().unwrap().domain("example.com").unwrap().path("/a").unwrap();
    assert_eq!(local.to_string(), "n=v; Path=/a; Domain=example.com; HttpOnly; SameSite=Lax");
    assert!(local.same_site(SameSite::None).to_string().contains("; Secure"));
}

#[tokio::test]
async fn answers_can_be_changed() {
    async fn page() -> WithHeaders<Html> {
        let name = HeaderName::from_static("x-frame-options");
        WithHeaders::new(Html::new("<p>hi")).header(name, HeaderValue::from_static("DENY"))
    }
    let answer = call(&at_root!(page), empty(Request::get("/"))).await;
    assert_eq!((answer.text(), answer.header("x-frame-options")), ("<p>hi", "DENY"));
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
    async fn partly() -> WithStatus<207, Json<u8>> {
        WithStatus(Json(1))
    }
    assert_eq!(call(&at_root!(partly), empty(Request::get("/"))).await.status, 207);
    async fn failed() -> WithStatus<207, Result<Json<u8>, Problem>> {
        WithStatus(Err(Problem::new(problems::FORBIDDEN)))
    }
    assert_eq!(call(&at_root!(failed), empty(Request::get("/"))).await.status, 403);
    async fn nothing() -> Option<Json<u8>> {
        None
    }
    assert_eq!(call(&at_root!(nothing), empty(Request::get("/"))).await.status, 404);
    async fn begin() -> Accepted<&'static str> {
        Accepted::new("7/8", "soon")
    }
    let routes: Routes = Routes::new().route(post("/exports", "begin").allow(PUBLIC).to(begin));
    let answer = call(&routes, empty(Request::post("/exports"))).await;
    assert_eq!((answer.status, answer.header("location")), (202, "/exports/7%2F8"));
}

#[tokio::test]
async fn a_tagged_answer_is_sent_once() {
    async fn note() -> Tagged<Json<u8>> {
        Tagged(Json(1), ETag::of_version(7))
    }
    let with = |name: &'static str, value: &'static str| empty(Request::get("/").header(name, value));
    let routes = at_root!(note);
    let answer = call(&routes, empty(Request::get("/"))).await;
    assert_eq!((answer.status, answer.header("etag")), (200, "\"v7\""));
    let answer = call(&routes, with("if-none-match", "W/\"v7\"")).await;
    assert_eq!((answer.status, answer.header("etag"), answer.body.len()), (304, "\"v7\"", 0));
    assert_eq!(answer.header("content-type"), "");
    assert_eq!(call(&routes, with("if-none-match", "\"v6\"")).await.status, 200);
    assert_eq!(call(&routes, with("if-match", "\"v6\"")).await.status, 412);
    let head = call(&routes, empty(Request::head("/").header("if-none-match", "\"v7\""))).await;
    assert_eq!((head.status, head.header("content-length")), (304, ""));
    let changed = call(&post_root!(note), empty(Request::post("/").header("if-match", "\"v6\""))).await;
    assert_eq!(changed.status, 200, "the change has been made; its conditions were the handler's");
}

#[tokio::test]
async fn a_stream_that_fails_does_not_end_properly() {
    async fn rows() -> StreamBody {
        let rows = [Ok(Bytes::from_static(b"a\n")), Err(std::io::Error::other("gone"))];
        StreamBody::new("text/csv", stream::iter(rows))
    }
    let response = open(&at_root!(rows), empty(Request::get("/"))).await;
    assert_eq!(response.headers()["content-type"], "text/csv");
    let pieces: Vec<_> = response.into_body().into_stream().collect().await;
    assert_eq!(pieces.first().unwrap().as_ref().unwrap(), "a\n");
    assert!(pieces.last().unwrap().is_err());
}

#[test]
fn events_keep_to_their_lines() {
    let event = Event::data("a\r\nb\rc\n\nd\n").name("n").unwrap().retry(Duration::from_millis(1500));
    assert_eq!(
        event.to_string(),
        "data: a\ndata: b\ndata: c\ndata: \ndata: d\ndata: \nevent: n\nretry: 1500\n\n"
    );
    for evil in ["a\nb", "a\rb", "a\0b"] {
        assert_eq!(Event::data("x").name(evil), Err(InvalidEvent));
        assert_eq!(Event::data("x").id(evil), Err(InvalidEvent));
    }
    assert_eq!(Event::comment("a\nb").to_string(), ": a\n: b\n\n");
    assert_eq!(Event::json(&[1, 2]).unwrap().to_string(), "data: [1,2]\n\n");
}

/// Says so when it is dropped.
#[derive(Clone)]
struct Gone(tokio::sync::mpsc::Sender<()>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.try_send(()).unwrap_or_default();
    }
}

async fn feed(Extension(gone): Extension<Gone>) -> Sse<impl Stream<Item = Result<Event, std::io::Error>>> {
    Sse::new(stream::unfold((0, gone), async |(n, gone)| {
        tokio::time::sleep(Duration::from_secs(n * 20)).await;
        Some((Ok(Event::data(&n.to_string())), (n + 1, gone)))
    }))
}

#[tokio::test(start_paused = true)]
async fn silence_is_filled_and_leaving_stops_the_work() {
    let (sender, mut gone) = tokio::sync::mpsc::channel(10);
    let mut request = empty(Request::get("/"));
    request.extensions_mut().insert(Gone(sender));
    let response = open(&at_root!(feed), request).await;
    // The request has been dropped, with the copy in its extensions.
    while gone.try_recv().is_ok() {}
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    let mut body = Box::pin(response.into_body().into_stream());
    let mut seen = String::new();
    for _ in 0..6 {
        seen += std::str::from_utf8(&body.next().await.unwrap().unwrap()).unwrap();
    }
    assert_eq!(seen, "data: 0\n\n:\n\ndata: 1\n\n:\n\n:\n\ndata: 2\n\n");
    assert!(gone.try_recv().is_err());
    drop(body);
    assert!(gone.try_recv().is_ok());
}

fn accept(lines: &[&str]) -> HeaderMap {
    lines.iter().map(|line| (ACCEPT, HeaderValue::from_str(line).unwrap())).collect()
}

#[test]
fn the_most_specific_range_decides() {
    for (lines, media, weight) in [
        (&["*/*"][..], "application/json", 1000),
        (&["application/*;q=0.5, */*;q=0.1"], "application/json", 500),
        (&["*/*, application/json;q=0"], "application/json", 0),
        (&["application/json;q=0, */*"], "application/json", 0),
        (&["application/json;q=0", "application/*"], "application/json", 0),
        (
            &["text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, */*;q=0.5"],
            "text/plain;format=flowed",
            1000,
        ),
        (&["text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, */*;q=0.5"], "text/plain", 700),
        (&["text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, */*;q=0.5"], "text/html", 300),
        (&["text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, */*;q=0.5"], "image/png", 500),
        (&["application/json; charset=UTF-8"], "application/json", 1000),
        (&["application/json; version=2"], "application/json", 0),
        (&["text/plain;x=\"a,b;c\";q=0.25"], "text/plain;x=\"a,b;c\"", 250),
        (&["APPLICATION/JSON;Q=0.5"], "application/json", 500),
        (&["application/json;q=2, text/html"], "application/json", 0),
        (&["nonsense"], "application/json", 1000),
        (&[""], "application/json", 1000),
        (&["*/json"], "application/json", 1000),
        (&["text/html"], "application/json", 0),
    ] {
        assert_eq!(media::weight(&accept(lines), media), weight, "{lines:?} {media}");
    }
    let offered = ["text/html", "application/json"];
    assert_eq!(media::best(&HeaderMap::new(), &offered), Some("text/html"));
    assert_eq!(media::best(&accept(&["application/json, */*;q=0.9"]), &offered), Some("application/json"));
    assert_eq!(media::best(&accept(&["image/png"]), &offered), None);
}

#[tokio::test]
async fn a_route_is_refused_that_answers_with_nothing_acceptable() {
    async fn number() -> Json<u8> {
        Json(1)
    }
    let routes: Routes = Routes::new().route(get("/", "number").allow(PUBLIC).to(number));
    for (accept, status) in [
        ("application/json", 200),
        ("text/html, */*;q=0.1", 200),
        ("*/*, application/json;q=0", 406),
        ("text/html", 406),
        ("application/json;q=0.000", 406),
    ] {
        let answer = call(&routes, empty(Request::get("/").header("accept", accept))).await;
        assert_eq!(answer.status, status, "{accept}");
    }
}

proptest! {
    /// Where each kind of range stands once, the order of the list changes nothing, and the closest decides.
    #[test]
    fn order_does_not_matter(any in 0_u16..=1000, kind in 0_u16..=1000, exact in 0_u16..=1000, which in 1_u8..8, turn in 0_usize..3) {
        let weight = |weight: u16| format!("{}.{:03}", weight / 1000, weight % 1000);
        let all = [("*/*", any), ("text/*", kind), ("text/plain", exact)];
        let mut ranges: Vec<_> = all.iter().enumerate().filter(|(n, _)| which & (1 << n) != 0).map(|(_, range)| *range).collect();
        let closest = ranges.last().unwrap().1;
        let len = ranges.len();
        ranges.rotate_left(turn % len);
        let line: Vec<_> = ranges.iter().map(|(range, q)| format!("{range};q={}", weight(*q))).collect();
        prop_assert_eq!(media::weight(&accept(&[&line.join(", ")]), "text/plain"), closest);
    }

    #[test]
    fn accept_headers_of_any_kind_are_taken(line in "[\\t -~]*") {
        let weight = media::weight(&accept(&[&line]), "text/plain; charset=utf-8");
        prop_assert!(weight <= 1000);
    }

    #[test]
    fn redirects_never_leave(path in r"[/\\]{0,3}(\PC|[\t\r\n]){0,20}") {
        use gravity_core::http::respond::is_local;
        if is_local(&path) {
            prop_assert!(path.starts_with('/') && !path[1..].starts_with(['/', '\\', '\t', '\r', '\n']));
            prop_assert!(Redirect::<303>::to(&path).is_ok());
        }
    }

    #[test]
    fn cookie_headers_of_any_kind_are_taken(line in ".*", name in "[a-z]{1,9}", value in "[!#-+\\--:<-\\[\\]-~]{0,9}") {
        use gravity_core::http::cookie::pairs;
        prop_assert!(pairs(&line).all(|(name, _)| !name.is_empty()));
        let set = SetCookie::new(&name, &value).unwrap().to_string();
        let sent = set.split(';').next().unwrap();
        prop_assert_eq!(pairs(sent).collect::<Vec<_>>(), [(name.as_str(), value.as_str())]);
    }

    #[test]
    fn credentials_of_any_kind_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        use gravity_core::http::credentials::{Bearer, parse_bearer};
        drop(gravity_core::http::IdempotencyKey::parse(&String::from_utf8_lossy(&bytes)));
        parse_bearer(&bytes);
        let value = [b"Bearer ", bytes.as_slice()].concat();
        prop_assert!(parse_bearer(&value) != Bearer::OtherScheme);
    }
}
