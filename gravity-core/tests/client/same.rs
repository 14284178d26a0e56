//! What a client sees is the same in this process and over a socket.

use std::sync::Arc;
use std::time::Duration;

use gravity_core::http::client::{Client, ClientConfig, ClientError, RemoteFault};
use gravity_core::http::openapi::Operation;
use gravity_core::http::{
    Body, Created, FromParts, Json, NoContent, PUBLIC, Parts, Path, Problem, ProblemKind, RequestId,
    Response, Routes, State, get, patch, post, put,
};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::serve::both;

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Note {
    title: String,
    stars: u8,
}

/// What of a request only its head tells.
struct Head(HeaderMap, String);

impl<S> FromParts<S> for Head {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(parts.headers().clone(), parts.uri().query().unwrap_or_default().to_owned()))
    }

    fn describe(_: &mut Operation<'_>) {}
}

async fn create(Json(note): Json<Note>) -> Created<Note> {
    Created::new("1", note)
}

async fn echo(Path(name): Path<String>) -> Json<String> {
    Json(name)
}

async fn query(Head(_, query): Head) -> Json<String> {
    Json(query)
}

async fn header(Head(headers, _): Head, Path(name): Path<String>) -> Json<Vec<String>> {
    Json(headers.get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect())
}

async fn text(body: String) -> Json<String> {
    Json(body)
}

async fn gone() -> Result<NoContent, Problem> {
    const GONE: ProblemKind = ProblemKind::new(StatusCode::GONE, "notes.gone", "The note is gone.");
    Err(Problem::new(GONE).detail("It was burnt."))
}

async fn raw(Path(kind): Path<String>) -> Response {
    let (status, media, body) = match kind.as_str() {
        "faults" => (
            422,
            "application/problem+json",
            r#"{"code":"http.invalid","balance":3,
                "errors":[{"pointer":"/a","code":"min","detail":"d"},{"pointer":"/b","code":"max"}]}"#,
        ),
        "html" => (404, "text/html", "<html>secret</html>"),
        "broken-problem" => (400, "application/problem+json", "{\"code\":"),
        "moved" => (302, "text/plain", ""),
        "not-json" => (200, "text/html", "<html>secret</html>"),
        "wrong-shape" => (200, "application/json", "{\"title\":\"a\",\n\"stars\":\"secret\"}"),
        "cut" => (200, "application/json", "{\"title\":\"secret"),
        "two" => (200, "application/json", "{\"title\":\"a\",\"stars\":1}{}"),
        "empty" => (200, "application/json", ""),
        _ => (200, "application/json", "\"0123456789\""),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    response.headers_mut().insert(LOCATION, HeaderValue::from_static("/elsewhere"));
    response
}

fn routes() -> Routes {
    Routes::new()
        .route(post("/notes", "createNote").allow(PUBLIC).to(create))
        .route(get("/echo/{name}", "echo").allow(PUBLIC).to(echo))
        .route(get("/query", "query").allow(PUBLIC).to(query))
        .route(get("/header/{name}", "header").allow(PUBLIC).to(header))
        .route(put("/text", "text").allow(PUBLIC).to(text))
        .route(patch("/gone", "gone").allow(PUBLIC).to(gone))
        .route(get("/raw/{kind}", "raw").allow(PUBLIC).to(raw))
}

async fn everywhere(scenario: impl AsyncFn(Client)) {
    both(routes(), ClientConfig::new(), scenario).await;
}

#[tokio::test]
async fn json_goes_there_and_back() {
    everywhere(async |client| {
        let note = Note { title: "Grüße \u{1F980} \"x\"".to_owned(), stars: 3 };
        assert_eq!(client.post("/notes").json(&note).send::<Note>().await.unwrap(), note);
        let response = client.post("/notes").json(&note).send_raw().await.unwrap();
        assert_eq!(response.status(), StatusCode::CREATED);
        assert!(response.headers()[LOCATION].to_str().unwrap().ends_with("/notes/1"));
        client.post("/notes").json(&note).send_empty().await.unwrap();
        assert_eq!(client.put("/text").body("plain").send::<String>().await.unwrap(), "plain");
    })
    .await;
}

#[tokio::test]
async fn a_segment_arrives_whatever_it_holds() {
    everywhere(async |client| {
        for name in
            ["plain", "a/b", "50%", "%2F", "a b+c", "Jürgen", "…\u{1F980}", "?x=#y", "...", "a\\b", "\n", "~"]
        {
            assert_eq!(client.get("/echo").segment(name).send::<String>().await.unwrap(), name);
        }
        for name in ["", ".", ".."] {
            let refused = client.get("/echo").segment(name).send::<String>().await;
            assert!(matches!(refused, Err(ClientError::Invalid(_))), "{name:?}");
        }
        for path in ["echo", "/echo/{name}", "/echo?x=1", "/echo/%2F"] {
            assert!(matches!(client.get(path).send_empty().await, Err(ClientError::Invalid(_))), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn queries_and_forms_hold_lists() {
    #[derive(Serialize)]
    struct Search {
        text: &'static str,
        tags: Vec<&'static str>,
        limit: Option<u8>,
        after: Option<u8>,
    }
    let search = Search { text: "a&b=ü", tags: vec!["x", "y z"], limit: Some(5), after: None };
    let encoded = "limit=5&tags=x&tags=y%20z&text=a%26b%3D%C3%BC";
    everywhere(async |client| {
        assert_eq!(client.get("/query").query(&search).send::<String>().await.unwrap(), encoded);
        let twice = client.get("/query").query(&[("a", 1)]).query(&[("a", 2)]);
        assert_eq!(twice.send::<String>().await.unwrap(), "a=1&a=2");
        assert_eq!(client.get("/query").query(&()).send::<String>().await.unwrap(), "");
        assert_eq!(client.put("/text").form(&search).send::<String>().await.unwrap(), encoded);
    })
    .await;
}

#[tokio::test]
async fn headers_go_with_calls() {
    let config = ClientConfig::new()
        .with_header(HeaderName::from_static("x-tenant"), "t1")
        .with_api_key(HeaderName::from_static("x-api-key"), "key-secret")
        .with_user_agent("tester/1");
    both(routes(), config, async |client| {
        let seen = async |client: &Client, name: &str| {
            client.get("/header").segment(name).send::<Vec<String>>().await.unwrap()
        };
        assert_eq!(seen(&client, "x-tenant").await, ["t1"]);
        assert_eq!(seen(&client, "x-api-key").await, ["key-secret"]);
        assert_eq!(seen(&client, "user-agent").await, ["tester/1"]);
        assert_eq!(seen(&client, "accept").await, ["application/json"]);
        assert_eq!(seen(&client, "host").await.len(), 1);
        assert_eq!(
            seen(&client.with_bearer("tok-secret").unwrap(), "authorization").await,
            ["Bearer tok-secret"]
        );
        let call = client.get("/header").segment("authorization").bearer("other-secret");
        assert_eq!(call.send::<Vec<String>>().await.unwrap(), ["Bearer other-secret"]);
        let call = client.get("/header").segment("idempotency-key").idempotency_key("k1");
        assert_eq!(call.send::<Vec<String>>().await.unwrap(), ["k1"]);
        let call = client.get("/query").bearer("line\nbreak-secret");
        let shown = format!("{call:?} {client:?}");
        assert!(!shown.contains("secret"), "{shown}");
        let shown = format!("{:?}", call.send_empty().await.unwrap_err());
        assert!(!shown.contains("secret"), "{shown}");
        assert!(client.with_bearer("a\nb").is_err());
    })
    .await;
    let config = ClientConfig::new().with_bearer("tok-secret");
    assert!(!format!("{config:?}").contains("secret"));
    assert!(ClientConfig::new().with_bearer("a\nb").in_process(routes()).is_err());
}

#[tokio::test]
async fn calls_carry_the_request_that_they_are_made_for() {
    everywhere(async |client| {
        let seen = async |client: &Client, name: &str| {
            client.get("/header").segment(name).send::<Vec<String>>().await.unwrap()
        };
        let (one, two) = (seen(&client, "x-request-id").await, seen(&client, "x-request-id").await);
        assert!(one.len() == 1 && two.len() == 1 && one != two, "each call has a name of its own");
        let mut headers = HeaderMap::new();
        headers.insert("x-request-id", "req-7".parse().unwrap());
        headers.insert(
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse().unwrap(),
        );
        headers.insert("authorization", "Bearer not-for-others".parse().unwrap());
        let client = client.correlate(&headers);
        assert_eq!(seen(&client, "x-request-id").await, ["req-7"]);
        assert_eq!(seen(&client, "traceparent").await.len(), 1);
        assert!(seen(&client, "authorization").await.is_empty());
        headers.insert("x-request-id", "not an id".parse().unwrap());
        assert_eq!(seen(&client.correlate(&headers), "x-request-id").await, ["req-7"]);
        let id = RequestId::parse("mine").unwrap();
        assert_eq!(seen(&client.with_request_id(&id), "x-request-id").await, ["mine"]);
    })
    .await;
}

#[tokio::test]
async fn problems_are_kept_whole() {
    everywhere(async |client| {
        let error = client.patch("/gone").send_empty().await.unwrap_err();
        assert_eq!((error.status(), error.code()), (Some(StatusCode::GONE), Some("notes.gone")));
        let problem = error.problem().unwrap();
        assert_eq!(problem.title(), Some("The note is gone."));
        assert_eq!(problem.detail(), Some("It was burnt."));
        assert!(problem.request_id().is_some());
        assert!(!error.is_retryable());

        let error = client.get("/raw").segment("faults").send::<Note>().await.unwrap_err();
        let problem = error.problem().unwrap();
        assert_eq!(problem.errors().map(|fault| fault.pointer).collect::<Vec<_>>(), ["/a", "/b"]);
        let RemoteFault { code, detail, .. } = problem.errors().next().unwrap();
        assert_eq!((code, detail, &problem.document()["balance"]), (Some("min"), Some("d"), &json!(3)));

        for (kind, status) in [("html", 404), ("broken-problem", 400)] {
            let error = client.get("/raw").segment(kind).send_raw().await.unwrap_err();
            assert_eq!((error.status().unwrap().as_u16(), error.code()), (status, None));
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
        let error = client.get("/nowhere").send_empty().await.unwrap_err();
        assert_eq!(error.code(), Some("http.not_found"));
        assert_eq!(client.get("/raw").segment("html").send_optional::<Note>().await.unwrap(), None);
        assert_eq!(
            client.get("/echo").segment("x").send_optional::<Value>().await.unwrap(),
            Some(json!("x"))
        );
        assert!(client.patch("/gone").send_optional::<Note>().await.is_err());
    })
    .await;
}

#[tokio::test]
async fn redirects_are_not_followed() {
    everywhere(async |client| {
        let response = client.get("/raw").segment("moved").send_raw().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()[LOCATION]),
            (302, &"/elsewhere".parse().unwrap())
        );
        let error = client.get("/raw").segment("moved").send_empty().await.unwrap_err();
        assert_eq!(error.status().unwrap(), StatusCode::FOUND);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_answer_is_placed_and_not_shown() {
    everywhere(async |client| {
        for (kind, path, line) in [
            ("not-json", ".", 1),
            ("wrong-shape", "stars", 2),
            ("cut", "title", 1),
            ("two", ".", 1),
            ("empty", ".", 1),
        ] {
            let error = client.get("/raw").segment(kind).send::<Note>().await.unwrap_err();
            let ClientError::Decode(place) = &error else { panic!("{kind}: {error:?}") };
            assert_eq!((place.path(), place.line()), (path, line), "{kind}");
            assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_may_not_be_larger_than_the_limit() {
    for (limit, fits) in [(12, true), (11, false), (0, false)] {
        both(routes(), ClientConfig::new().with_max_response(limit), async |client| {
            let answer = client.get("/raw").segment("ten").send::<String>().await;
            match answer {
                Ok(text) => assert!(fits && text == "0123456789"),
                Err(ClientError::TooLarge { limit: told }) => assert!(!fits && told == limit),
                Err(error) => panic!("{error:?}"),
            }
            assert!(client.get("/raw").segment("ten").send_raw().await.is_ok(), "a stream has no limit");
        })
        .await;
    }
}

/// Tells when a handler has begun, and when it was dropped.
#[derive(Clone)]
struct Watch(mpsc::UnboundedSender<&'static str>);

struct Guard(Watch);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.0.send("dropped");
    }
}

async fn never(State(watch): State<Arc<Watch>>) -> NoContent {
    let _ = watch.0.send("began");
    let _guard = Guard(Watch::clone(&watch));
    std::future::pending().await
}

#[tokio::test]
async fn a_call_that_is_dropped_or_late_cancels_its_handler() {
    let (sender, receiver) = mpsc::unbounded_channel();
    let events = tokio::sync::Mutex::new(receiver);
    let routes =
        Routes::new().route(post("/never", "never").allow(PUBLIC).to(never)).state(&Arc::new(Watch(sender)));
    both(routes, ClientConfig::new(), async |client| {
        let mut events = events.lock().await;
        tokio::select! {
            _ = client.post("/never").send_empty() => panic!("answered"),
            event = events.recv() => assert_eq!(event, Some("began")),
        }
        assert_eq!(events.recv().await, Some("dropped"));

        let short = Duration::from_millis(50);
        let error = client.post("/never").timeout(short).send_empty().await.unwrap_err();
        assert!(matches!(error, ClientError::Timeout(limit) if limit == short), "{error:?}");
        assert!(error.is_retryable());
        assert_eq!((events.recv().await, events.recv().await), (Some("began"), Some("dropped")));
    })
    .await;
}

#[test]
fn addresses_are_checked_before_anything_is_sent() {
    for url in
        ["", "api", "/api", "ftp://h/", "http://user:secret@h/", "http://h/?a=1", "http://h/#x", "http://ü/"]
    {
        let error = Client::connect(url).unwrap_err();
        assert!(matches!(error, ClientError::Invalid(_)), "{url}");
        assert!(!format!("{error} {error:?}").contains("secret"));
    }
    assert!(ClientConfig::new().with_root_certificates("junk").connect("https://localhost").is_err());
}
