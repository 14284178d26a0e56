//! Whole requests against a table with every extractor: no panic, no fault of ours, and problem documents only.
#![no_main]

use arbitrary::Arbitrary;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream;
use gravity_core::http::layer::{CorrelationLayer, SecurityHeadersLayer};
use gravity_core::http::upgrade::OnUpgrade;
use gravity_core::http::websocket::{Upgrading, WebSocketUpgrade};
use gravity_core::http::*;
use gravity_core::{Cursor, Id, PageRequest, Permission, Principal, Subject, Timestamp};
use gravity_core_fuzz::ask;
use http::{HeaderName, HeaderValue, Request, Uri};
use libfuzzer_sys::fuzz_target;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The names that something reads.
const NAMES: [&str; 36] = [
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-disposition",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "idempotency-key",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "last-event-id",
    "origin",
    "range",
    "referer",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "te",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-api-key",
    "x-count",
    "x-forwarded-for",
    "x-request-id",
];
const METHODS: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW"];
const MEDIA: [&str; 5] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=XX",
    "text/plain",
    "application/merge-patch+json",
];
/// What asks for a WebSocket.
const UPGRADE: [(&str, &str); 4] = [
    ("connection", "upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];
const PATHS: [&str; 15] = [
    "/json",
    "/form",
    "/either",
    "/multipart",
    "/text",
    "/bytes",
    "/stream",
    "/heads",
    "/file",
    "/note/1",
    "/page",
    "/me",
    "/admin",
    "/optional",
    "/socket",
];

struct Note;

impl gravity_core::Entity for Note {
    const PREFIX: &'static str = "note";
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Input {
    #[schemars(length(min = 1, max = 10))]
    name: String,
    #[serde(default)]
    count: Option<i32>,
    #[serde(default)]
    tags: Vec<String>,
    at: Option<Timestamp>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Counted {
    #[serde(rename = "x-count")]
    count: Option<u8>,
}

struct Keys;

impl Authenticator for Keys {
    fn authenticate<'a>(
        &'a self,
        head: &'a http::request::Parts,
    ) -> BoxFuture<'a, Result<Option<Principal>, Problem>> {
        let subject = |text: &str| Subject::new(text).map_err(|_| Problem::new(problems::UNAUTHENTICATED));
        Box::pin(async move {
            let key = match (credentials::bearer(head)?, credentials::api_key(head, "x-api-key")?) {
                (Some(key), _) | (None, Some(key)) => Some(key),
                (None, None) => credentials::cookie(head, "session")?,
            };
            key.map(|key| subject(key).map(Principal::new)).transpose()
        })
    }
}

async fn json(Json(input): Json<Input>) -> Json<Input> {
    Json(input)
}

async fn optional(input: Option<Json<Input>>) -> Json<Option<Input>> {
    Json(input.map(|Json(input)| input))
}

async fn form(Form(input): Form<Input>) -> Json<Input> {
    Json(input)
}

async fn either(JsonOrForm(input): JsonOrForm<Input>) -> Json<Input> {
    Json(input)
}

async fn multipart(mut form: Multipart) -> Result<Json<u64>, Problem> {
    let mut size = 0;
    while let Some(field) = form.next().await? {
        size += field.bytes(1 << 16).await?.len() as u64;
    }
    Ok(Json(size))
}

async fn text(key: Option<IdempotencyKey>, text: String) -> String {
    format!("{key:?} {text}")
}

async fn bytes(conditions: Conditional, bytes: Bytes) -> Result<Tagged<Json<usize>>, Problem> {
    conditions.require(Some(&ETag::of_version(1).into()))?;
    Ok(Tagged(Json(bytes.len()), ETag::of_version(1)))
}

async fn echo(body: Body) -> StreamBody {
    StreamBody::new("application/octet-stream", body.into_stream())
}

async fn heads(
    addr: Option<ClientAddr>,
    id: RequestId,
    cookies: Cookies,
    uri: OriginalUri,
    Headers(counted): Headers<Counted>,
    last: Option<LastEventId>,
    token: Option<BearerToken>,
) -> Json<Value> {
    let shown = format!("{addr:?} {id} {cookies:?} {uri:?} {last:?} {token:?}");
    Json(serde_json::json!([counted.count, shown]))
}

async fn file() -> File {
    File::bytes(&b"0123456789"[..]).media("text/plain").etag(ETag::of_version(1))
}

async fn note(Path(id): Path<Id<Note>>) -> Json<Id<Note>> {
    Json(id)
}

async fn page(Query(page): Query<PageRequest>) -> Result<Json<Option<Cursor>>, Problem> {
    page.sort(&["name"]).map_err(Problem::invalid)?;
    Ok(Json(page.cursor))
}

async fn me(caller: Principal) -> String {
    caller.subject().as_str().to_owned()
}

async fn socket(upgrade: WebSocketUpgrade) -> Upgrading {
    upgrade.origins(["https://example.com"]).protocols(["chat"]).on_upgrade(|_| async {})
}

thread_local! {
    static ROUTES: Routes = Routes::new()
        .route(post("/json", "json").allow(PUBLIC).to(json))
        .route(post("/optional", "optional").allow(PUBLIC).to(optional))
        .route(post("/form", "form").allow(PUBLIC).to(form))
        .route(post("/either", "either").allow(PUBLIC).to(either))
        .route(post("/multipart", "multipart").allow(PUBLIC).to(multipart))
        .route(post("/text", "text").allow(PUBLIC).to(text))
        .route(put("/bytes", "bytes").allow(PUBLIC).to(bytes))
        .route(post("/stream", "stream").allow(PUBLIC).to(echo))
        .route(get("/heads", "heads").allow(PUBLIC).to(heads))
        .route(get("/file", "file").allow(PUBLIC).to(file))
        .route(get("/note/{id}", "note").allow(PUBLIC).to(note))
        .route(get("/page", "page").allow(PUBLIC).to(page))
        .route(get("/me", "me").allow(SIGNED_IN).to(me))
        .route(get("/socket", "socket").allow(PUBLIC).to(socket))
        .route(delete("/admin", "admin").allow(Permission::new("notes:write")).to(me))
        .authenticator(Keys)
        .layer(TrustedProxies::new(["10.0.0.0/8"]).unwrap())
        .layer(CorrelationLayer::new())
        .layer(SecurityHeadersLayer::new());
}

#[derive(Debug, Arbitrary)]
struct Asked<'a> {
    method: u8,
    path: Result<(u8, &'a str), &'a str>,
    media: Option<u8>,
    upgrade: bool,
    headers: Vec<(u8, &'a [u8])>,
    body: Vec<&'a [u8]>,
}

fn build(asked: &Asked<'_>) -> Option<Request<Body>> {
    let uri = match asked.path {
        Ok((path, rest)) => format!("{}{rest}", PATHS[usize::from(path) % PATHS.len()]),
        Err(whole) => whole.to_owned(),
    };
    let pieces: Vec<_> =
        asked.body.iter().map(|piece| Ok::<_, BoxError>(Bytes::copy_from_slice(piece))).collect();
    let body = match pieces.len() {
        0 => Body::empty(),
        _ => Body::from_stream(stream::iter(pieces)),
    };
    let method = METHODS[usize::from(asked.method) % METHODS.len()];
    let mut request = Request::builder().method(method).uri(uri.parse::<Uri>().ok()?).body(body).ok()?;
    if let Some(media) = asked.media {
        let media = MEDIA[usize::from(media) % MEDIA.len()];
        request.headers_mut().insert("content-type", HeaderValue::from_static(media));
    }
    if asked.upgrade {
        for (name, value) in UPGRADE {
            request.headers_mut().insert(name, HeaderValue::from_static(value));
        }
    }
    for (name, value) in &asked.headers {
        let name = HeaderName::from_static(NAMES[usize::from(*name) % NAMES.len()]);
        request.headers_mut().append(name, HeaderValue::from_bytes(value).ok()?);
    }
    request.extensions_mut().insert(OnUpgrade::new(async { Err(std::io::Error::other("hung up")) }));
    request.extensions_mut().insert(PeerAddr(([10, 0, 0, 1], 443).into()));
    Some(request)
}

fuzz_target!(|asked: Asked<'_>| {
    let Some(request) = build(&asked) else { return };
    let answer = ROUTES.with(|routes| ask(routes, request));
    assert!(answer.headers.contains_key("x-request-id"), "{answer:?}");
    if answer.status == 405 {
        assert!(answer.headers.contains_key("allow"), "{answer:?}");
    }
    if answer.status == 401 {
        assert!(answer.headers.contains_key("www-authenticate"), "{answer:?}");
    }
});
