//! The route table without a host: matching, extraction, refusals.

#![expect(clippy::unwrap_used, reason = "these helpers are part of the tests, which may")]

use gravity_core::http::{
    Body, Created, Json, NoContent, PUBLIC, Path, Problem, Query, Response, Routes, State, delete, get, post,
    problems,
};
use http::{Method, Request, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Clone)]
struct Greeting(&'static str);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Note {
    title: String,
    stars: u8,
}

async fn hello(State(greeting): State<Greeting>, Path(name): Path<String>) -> String {
    format!("{} {name}", greeting.0)
}

async fn pair(Path((left, right)): Path<(u32, u32)>) -> Json<u32> {
    Json(left + right)
}

async fn create(Json(note): Json<Note>) -> Result<Created<Note>, Problem> {
    Ok(Created::new(note.title.clone(), note))
}

#[derive(Deserialize, JsonSchema)]
struct Window {
    from: Option<String>,
}

async fn list(Query(window): Query<Window>) -> String {
    window.from.unwrap_or_default()
}

async fn remove(Path(_): Path<u64>) -> NoContent {
    NoContent
}

async fn panics() -> NoContent {
    panic!("out of cheese")
}

fn routes() -> Routes {
    Routes::new()
        .route(get("/hello/{name}", "hello").allow(PUBLIC).to(hello))
        .route(get("/sum/{left}/{right}", "sum").allow(PUBLIC).to(pair))
        .route(post("/notes", "createNote").allow(PUBLIC).limit_body(100).to(create))
        .route(get("/notes", "listNotes").allow(PUBLIC).to(list))
        .route(delete("/notes/{id}", "deleteNote").allow(PUBLIC).to(remove))
        .route(get("/panic", "panic").allow(PUBLIC).to(panics))
        .state(&Greeting("hello"))
}

async fn call(routes: &Routes, request: Request<Body>) -> (StatusCode, http::HeaderMap, Vec<u8>) {
    let response: Response = routes.handle(request).await.unwrap();
    let (head, body) = response.into_parts();
    (head.status, head.headers, body.into_bytes(1 << 20).await.unwrap().to_vec())
}

fn ask(method: Method, uri: &str) -> Request<Body> {
    Request::builder().method(method).uri(uri).body(Body::empty()).unwrap()
}

fn send(uri: &str, body: &Value) -> Request<Body> {
    Request::post(uri).header("content-type", "application/json").body(Body::from(body.to_string())).unwrap()
}

#[tokio::test]
async fn handlers_get_what_they_ask_for() {
    let routes = routes();
    let (status, _, body) = call(&routes, ask(Method::GET, "/hello/J%C3%BCrgen%2Fx")).await;
    assert_eq!((status, body.as_slice()), (StatusCode::OK, "hello Jürgen/x".as_bytes()));
    let (status, _, body) = call(&routes, ask(Method::GET, "/sum/2/40")).await;
    assert_eq!((status, body.as_slice()), (StatusCode::OK, b"42".as_slice()));
    let (status, headers, body) = call(&routes, send("/notes", &json!({ "title": "a b", "stars": 3 }))).await;
    assert_eq!((status, &headers["location"]), (StatusCode::CREATED, &"/notes/a%20b".parse().unwrap()));
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), json!({ "title": "a b", "stars": 3 }));
    let (status, _, body) = call(&routes, ask(Method::GET, "/notes?from=a+b%21")).await;
    assert_eq!((status, body.as_slice()), (StatusCode::OK, b"a b!".as_slice()));
    let (status, _, body) = call(&routes, ask(Method::DELETE, "/notes/7")).await;
    assert_eq!((status, body.len()), (StatusCode::NO_CONTENT, 0));
}

#[tokio::test]
async fn refusals_are_problems() {
    let routes = routes();
    for (request, status, code) in [
        (ask(Method::GET, "/nothing"), 404, "http.not_found"),
        (ask(Method::PUT, "/notes"), 405, "http.method_not_allowed"),
        (ask(Method::GET, "/sum/2/x"), 400, "http.bad_parameter"),
        (ask(Method::GET, "/hello/%FF"), 400, "http.bad_parameter"),
        (ask(Method::POST, "/notes"), 415, "http.unsupported_media_type"),
        (send("/notes", &json!({ "title": "x".repeat(100), "stars": 1 })), 413, "http.body_too_large"),
        (send("/notes", &json!({ "title": 1 })), 422, "http.invalid"),
        (ask(Method::GET, "/panic"), 500, "http.internal"),
    ] {
        let what = format!("{} {}", request.method(), request.uri());
        let (got, headers, body) = call(&routes, request).await;
        let problem: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((got.as_u16(), &problem["code"]), (status, &json!(code)), "{what}: {problem}");
        assert_eq!(headers["content-type"], "application/problem+json");
        assert_eq!(problem["request_id"], json!(headers["x-request-id"].to_str().unwrap()));
        assert!(!problem.to_string().contains("cheese"));
    }
    let (_, headers, _) = call(&routes, ask(Method::PUT, "/notes")).await;
    assert_eq!(headers["allow"], "GET, HEAD, OPTIONS, POST");
    let (status, headers, _) = call(&routes, ask(Method::OPTIONS, "/notes")).await;
    assert_eq!(
        (status, &headers["allow"]),
        (StatusCode::NO_CONTENT, &"GET, HEAD, OPTIONS, POST".parse().unwrap())
    );
}

#[tokio::test]
async fn head_is_get_without_its_body() {
    let (status, headers, body) = call(&routes(), ask(Method::HEAD, "/hello/you")).await;
    assert_eq!((status, body.len(), &headers["content-length"]), (StatusCode::OK, 0, &"9".parse().unwrap()));
}

#[tokio::test]
async fn not_acceptable_is_said_before_the_handler_runs() {
    let request = Request::get("/panic").header("accept", "text/html").body(Body::empty()).unwrap();
    assert_eq!(
        call(&routes(), request).await.0,
        StatusCode::INTERNAL_SERVER_ERROR,
        "an answer without a body suits everyone"
    );
    let request = Request::get("/sum/1/1").header("accept", "text/html").body(Body::empty()).unwrap();
    assert_eq!(call(&routes(), request).await.0, StatusCode::NOT_ACCEPTABLE);
}

#[test]
#[should_panic(expected = "is routed twice")]
fn a_route_is_declared_once() {
    let one = || get("/notes", "listNotes").allow(PUBLIC).to(panics);
    let _: Routes = Routes::new().route(one()).route(one());
}

#[tokio::test]
async fn layers_are_around_routes_and_refusals() {
    use tower_http::set_header::SetResponseHeaderLayer;
    let layer =
        SetResponseHeaderLayer::overriding(http::header::SERVER, http::HeaderValue::from_static("gravity"));
    let api: Routes = Routes::new().nest("/api", routes()).layer(layer);
    for uri in ["/api/hello/you", "/api/sum/1/x", "/nowhere", "/api/panic"] {
        assert_eq!(call(&api, ask(Method::GET, uri)).await.1["server"], "gravity", "{uri}");
    }
    let (_, headers, _) = call(&api, send("/api/notes", &json!({ "title": "a", "stars": 3 }))).await;
    assert_eq!(headers["location"], "/api/notes/a");
    assert_eq!(problems::NOT_FOUND.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_layers_of_a_nested_table_answer_for_its_paths() {
    use tower_http::set_header::SetResponseHeaderLayer;
    let layer =
        SetResponseHeaderLayer::overriding(http::header::SERVER, http::HeaderValue::from_static("gravity"));
    let api: Routes = Routes::new().nest("/api", routes().layer(layer)).nest("/bare", routes());
    for (method, status) in [(Method::OPTIONS, 204), (Method::PUT, 405)] {
        let (got, headers, _) = call(&api, ask(method.clone(), "/api/notes")).await;
        assert_eq!((got.as_u16(), &headers["server"]), (status, &"gravity".parse().unwrap()), "{method}");
        assert_eq!(headers["allow"], "GET, HEAD, OPTIONS, POST");
        let (got, headers, _) = call(&api, ask(method.clone(), "/bare/notes")).await;
        assert_eq!((got.as_u16(), headers.get("server")), (status, None), "{method}");
    }
}

#[tokio::test]
async fn only_the_chunked_coding_is_taken() {
    for (codings, status) in [
        (&["chunked"][..], 404),
        (&["Chunked"], 404),
        (&["gzip, chunked"], 400),
        (&["chunked, chunked"], 400),
        (&["identity"], 400),
        (&["chunked", "chunked"], 400),
    ] {
        let mut request = ask(Method::POST, "/nothing");
        for coding in codings {
            request.headers_mut().append("transfer-encoding", coding.parse().unwrap());
        }
        assert_eq!(call(&routes(), request).await.0.as_u16(), status, "{codings:?}");
    }
}

#[tokio::test]
async fn debug_shows_no_secret() {
    use gravity_core::http::{Cookies, Parts, SetCookie};

    struct Tell(String);
    impl<S> gravity_core::http::FromParts<S> for Tell {
        fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
            Ok(Self(format!("{parts:?}")))
        }
        fn describe(_: &mut gravity_core::http::openapi::Operation<'_>) {}
    }
    let tell = async |cookies: Cookies, parts: Tell| format!("{cookies:?} {}", parts.0);
    let routes: Routes = Routes::new().route(get("/tell", "tell").allow(PUBLIC).to(tell));
    let request = Request::get("/tell?token=hunter2")
        .header("cookie", "session=hunter2")
        .header("authorization", "Bearer hunter2")
        .body(Body::empty())
        .unwrap();
    let told = String::from_utf8(call(&routes, request).await.2).unwrap();
    assert!(told.contains("session") && told.contains("/tell") && !told.contains("hunter2"), "{told}");
    let cookie = SetCookie::new("session", "hunter2").unwrap();
    assert!(!format!("{cookie:?}").contains("hunter2"));
}

#[tokio::test]
async fn errors_of_services_are_problems_and_keep_their_secrets() {
    use gravity_core::Error;
    use std::time::Duration;

    async fn answer(Path(kind): Path<String>) -> Result<NoContent, Error> {
        Err(match kind.as_str() {
            "missing" => Error::not_found("note.not_found", "There is no such note."),
            "taken" => Error::conflict("note.title_taken", "Another note has this title."),
            "busy" => Error::unavailable("note.busy", "Too much to do.")
                .with_retry_after(Duration::from_millis(1500)),
            "database" => Error::database("password hunter2 refused"),
            _ => Error::internal("hunter2"),
        })
    }
    let routes: Routes = Routes::new().route(get("/{kind}", "answer").allow(PUBLIC).to(answer));
    for (kind, status, code) in [
        ("missing", 404, "note.not_found"),
        ("taken", 409, "note.title_taken"),
        ("busy", 503, "note.busy"),
        ("database", 500, "http.internal"),
        ("other", 500, "http.internal"),
    ] {
        let (got, headers, body) = call(&routes, ask(Method::GET, &format!("/{kind}"))).await;
        let problem: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((got.as_u16(), problem["code"].as_str()), (status, Some(code)), "{problem}");
        assert!(!problem.to_string().contains("hunter2"));
        assert_eq!(
            headers.get("retry-after").map(|wait| wait.to_str().unwrap()),
            (kind == "busy").then_some("2")
        );
    }
}

#[tokio::test]
async fn a_refusal_of_a_long_body_says_that_the_connection_ends() {
    let routes = routes();
    let post = |uri: &str, body: Body| {
        Request::post(uri).header("content-type", "application/json").body(body).unwrap()
    };
    for uri in ["/notes", "/nowhere"] {
        let (status, headers, _) = call(&routes, post(uri, Body::from(vec![b' '; 100_000]))).await;
        assert!(status.is_client_error());
        assert_eq!(headers["connection"], "close", "{uri}");
        let (_, headers, _) = call(&routes, post(uri, Body::from(vec![b' '; 1000]))).await;
        assert!(!headers.contains_key("connection"), "{uri}");
    }
}

#[tokio::test]
async fn a_parameter_is_never_empty() {
    let owned = |Path(id): Path<String>| async move { id };
    let routes: Routes = Routes::new().route(get("/notes/{id}/tags", "tags").allow(PUBLIC).to(owned));
    for (path, status) in [("/notes/1/tags", 200), ("/notes//tags", 404), ("/notes/tags", 404)] {
        assert_eq!(call(&routes, ask(Method::GET, path)).await.0, status, "{path}");
    }
}

#[tokio::test]
async fn what_only_seems_to_be_json_is_refused() {
    async fn echo(Json(value): Json<Value>) -> Json<Value> {
        Json(value)
    }
    let routes: Routes = Routes::new().route(post("/", "echo").allow(PUBLIC).to(echo));
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    for name in ["$serde_json::private::RawValue", "$serde_json::private::Number"] {
        let (status, ..) = call(&routes, send("/", &json!({ "a": [{ name: deep }] }))).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
    }
    for (header, value) in [("content-type", "+json"), ("content-encoding", "gzip")] {
        let mut request = send("/", &json!(1));
        request.headers_mut().insert(header, value.parse().unwrap());
        assert_eq!(call(&routes, request).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{value}");
    }
}

#[tokio::test]
async fn a_host_is_a_host() {
    for (host, status) in [
        ("example.com:80", 200),
        ("[::1]:80", 200),
        ("a b", 400),
        ("a,b", 400),
        ("u@b", 400),
        ("h/evil", 400),
        ("", 400),
    ] {
        let request = Request::get("/sum/1/1").header("host", host).body(Body::empty()).unwrap();
        assert_eq!(call(&routes(), request).await.0, status, "{host:?}");
    }
}

#[tokio::test]
async fn a_path_type_that_does_not_suit_the_path_is_our_fault() {
    let routes: Routes = Routes::new().route(get("/{one}", "one").allow(PUBLIC).to(pair));
    assert_eq!(call(&routes, ask(Method::GET, "/1")).await.0, StatusCode::INTERNAL_SERVER_ERROR);
}

#[test]
fn paths_that_could_never_be_asked_for_are_refused() {
    for path in ["/a?b", "/a b", "/für", "/{a}/{a}", "/{{x}}/{a}", "a", "/a#b"] {
        let refused = std::panic::catch_unwind(|| {
            let _: Routes = Routes::new().route(get(path, "one").allow(PUBLIC).to(panics));
        });
        assert!(refused.is_err(), "{path}");
    }
}
