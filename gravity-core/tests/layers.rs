//! The layers of the edge, around routes.

#![expect(clippy::unwrap_used, reason = "these helpers are part of the tests, which may")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use gravity_core::Metrics;
use gravity_core::http::layer::{BodyLimitLayer, CorrelationLayer, Edge, TimeoutLayer, TraceContext, panics};
use gravity_core::http::{
    Body, Json, NoContent, PUBLIC, Parts, Path, Problem, Response, Routes, get, post, problems,
};
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;
use tower::{Layer, Service, ServiceExt};

async fn echo(Path(word): Path<String>) -> String {
    word
}

async fn fails() -> Result<NoContent, Problem> {
    Err(Problem::new(problems::UNAVAILABLE).because("the vault said: hunter2"))
}

async fn waits() -> NoContent {
    std::future::pending().await
}

async fn long() -> String {
    "gravity ".repeat(1000)
}

fn routes() -> Routes {
    Routes::new()
        .route(get("/echo/{word}", "echo").allow(PUBLIC).to(echo))
        .route(get("/fails", "fails").allow(PUBLIC).to(fails))
        .route(get("/waits", "waits").allow(PUBLIC).to(waits))
        .route(get("/long", "long").allow(PUBLIC).to(long))
}

async fn call(routes: &Routes, request: Request<Body>) -> (StatusCode, HeaderMap, Vec<u8>) {
    let response: Response = routes.handle(request).await.unwrap();
    let (head, body) = response.into_parts();
    (head.status, head.headers, body.into_bytes(1 << 20).await.unwrap().to_vec())
}

fn ask(uri: &str) -> Request<Body> {
    Request::get(uri).body(Body::empty()).unwrap()
}

/// Everything that is logged while it lives.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn capture(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || log.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[tokio::test]
async fn an_id_and_a_trace_go_through() {
    let edge = Edge::new(&Metrics::new()).around(routes());
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = Request::get("/fails")
        .header("x-request-id", "from-the-caller.1")
        .header("traceparent", parent)
        .body(Body::empty())
        .unwrap();
    let log = Log::default();
    let guard = log.capture();
    let (status, headers, body) = call(&edge, request).await;
    drop(guard);
    assert_eq!(
        (status, &headers["x-request-id"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"from-the-caller.1".parse().unwrap())
    );
    let problem: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem["request_id"], "from-the-caller.1");
    assert!(!problem.to_string().contains("hunter2"), "the cause is for the log alone");
    let text = log.text();
    assert!(
        text.contains("hunter2") && text.contains("trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\""),
        "{text}"
    );
}

#[tokio::test]
async fn ids_that_could_forge_log_lines_are_replaced() {
    let edge = Edge::new(&Metrics::new()).around(routes());
    for given in ["", "a b", "x\"y", &"x".repeat(129)] {
        let request = Request::get("/echo/x").header("x-request-id", given).body(Body::empty()).unwrap();
        let (_, headers, _) = call(&edge, request).await;
        assert_eq!(headers["x-request-id"].len(), 32, "{given}");
    }
    let distrustful = Edge::new(&Metrics::new()).with_correlation(CorrelationLayer::new().without_trust());
    let request = Request::get("/echo/x").header("x-request-id", "mine").body(Body::empty()).unwrap();
    assert_ne!(call(&distrustful.around(routes()), request).await.1["x-request-id"], "mine");
}

#[tokio::test]
async fn a_handler_sees_id_and_trace() {
    #[derive(Clone, Default)]
    struct Seen(Arc<Mutex<Option<TraceContext>>>);
    struct Trace(Option<TraceContext>);
    impl<S> gravity_core::http::FromParts<S> for Trace {
        fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
            Ok(Self(parts.extensions().get().copied()))
        }
        fn describe(_: &mut gravity_core::http::openapi::Operation<'_>) {}
    }
    let seen = Seen::default();
    let inside = seen.clone();
    let handler = move |Trace(trace): Trace| {
        *inside.0.lock().unwrap() = trace;
        async { NoContent }
    };
    let routes: Routes =
        Routes::new().route(get("/", "root").allow(PUBLIC).to(handler)).layer(CorrelationLayer::new());
    call(&routes, ask("/")).await;
    assert!(seen.0.lock().unwrap().is_some_and(|trace| !trace.sampled()));
}

#[tokio::test]
async fn access_lines_hold_the_pattern_and_nothing_private() {
    let log = Log::default();
    let guard = log.capture();
    let edge = Edge::new(&Metrics::new()).around(routes());
    let request = Request::get("/echo/secretword?token=hunter2").header("authorization", "Bearer hunter3");
    call(&edge, request.body(Body::empty()).unwrap()).await;
    call(&edge, ask("/nowhere")).await;
    drop(edge.handle(ask("/waits")));
    drop(guard);
    let text = log.text();
    assert!(text.contains("route=\"/echo/{word}\" status=200"), "{text}");
    assert!(text.contains("route=\"none\" status=404"), "{text}");
    for private in ["secretword", "hunter2", "hunter3"] {
        assert!(!text.contains(private), "{text}");
    }
}

#[tokio::test]
async fn metrics_have_few_labels() {
    let metrics = Metrics::new();
    let edge = Edge::new(&metrics).around(routes());
    for word in 0..100 {
        call(&edge, ask(&format!("/echo/{word}"))).await;
        call(&edge, ask(&format!("/nowhere/{word}"))).await;
    }
    call(
        &edge,
        Request::builder()
            .method(Method::from_bytes(b"BREW").unwrap())
            .uri("/fails")
            .body(Body::empty())
            .unwrap(),
    )
    .await;
    let mut waiting = Box::pin(edge.handle(ask("/waits")));
    assert!(waiting.as_mut().now_or_never().is_none());
    assert!(metrics.render().contains("active_connections 1\n"));
    drop(waiting);
    let text = metrics.render();
    for line in [
        "http_requests_total{method=\"GET\",endpoint=\"/echo/{word}\",status=\"200\"} 100",
        "http_requests_total{method=\"GET\",endpoint=\"none\",status=\"404\"} 100",
        "http_requests_total{method=\"other\",endpoint=\"none\",status=\"405\"} 1",
        "http_requests_total{method=\"GET\",endpoint=\"/waits\",status=\"499\"} 1",
        "http_request_duration_seconds_count{method=\"GET\",endpoint=\"/echo/{word}\"} 100",
        "active_connections 0",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[tokio::test]
async fn origins_are_let_in_by_name() {
    let edge = Edge::new(&Metrics::new()).with_origins(["https://app.example.com"]).unwrap().around(routes());
    let preflight = |origin: &str| {
        Request::options("/echo/x")
            .header("origin", origin)
            .header("access-control-request-method", "GET")
            .body(Body::empty())
            .unwrap()
    };
    let (_, headers, _) = call(&edge, preflight("https://app.example.com")).await;
    assert_eq!(headers["access-control-allow-origin"], "https://app.example.com");
    let (_, headers, _) = call(&edge, preflight("https://evil.example.com")).await;
    assert!(!headers.contains_key("access-control-allow-origin"));
    for bad in [
        "*",
        "app.example.com",
        "https://app.example.com/",
        "https://app.example.com/x",
        "https://u@h",
        "null",
        "",
    ] {
        assert!(Edge::new(&Metrics::new()).with_origins([bad]).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn browsers_are_told_to_be_careful() {
    let edge = Edge::new(&Metrics::new()).around(routes());
    for uri in ["/echo/x", "/nowhere", "/fails"] {
        let (_, headers, _) = call(&edge, ask(uri)).await;
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(
            headers["content-security-policy"],
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
        );
        assert!(!headers.contains_key("strict-transport-security"));
    }
}

#[tokio::test]
async fn long_answers_are_compressed_when_asked() {
    let request = || Request::get("/long").header("accept-encoding", "gzip").body(Body::empty()).unwrap();
    let plain = Edge::new(&Metrics::new()).around(routes());
    assert_eq!(call(&plain, request()).await.2.len(), 8000);
    let edge = Edge::new(&Metrics::new()).with_compression().around(routes());
    let (_, headers, body) = call(&edge, request()).await;
    assert_eq!(headers["content-encoding"], "gzip");
    assert!(body.len() < 800);
}

async fn size(Json(value): Json<Value>) -> String {
    value.to_string()
}

#[tokio::test(start_paused = true)]
async fn single_layers_stand_around_any_service() {
    let slow = tower::service_fn(|_: Request<Body>| async {
        std::future::pending::<()>().await;
        Ok::<_, std::convert::Infallible>(Response::default())
    });
    let limited = TimeoutLayer::new(Duration::from_secs(3)).layer(slow);
    assert_eq!(limited.oneshot(ask("/")).await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);

    let broken = tower::service_fn(|request: Request<Body>| async move {
        assert!(request.uri().path() == "/", "out of cheese");
        Ok::<_, std::convert::Infallible>(Response::default())
    });
    let response = panics().layer(broken).oneshot(ask("/x")).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);

    let routes: Routes = Routes::new().route(post("/", "size").allow(PUBLIC).to(size));
    let mut small = BodyLimitLayer::new(10).layer(routes);
    let send = |body: Body| Request::post("/").header("content-type", "application/json").body(body).unwrap();
    let known = small.call(send(Body::from("\"0123456789\""))).await.unwrap();
    assert_eq!(known.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let pieces = (0..4).map(|_| Ok::<_, std::convert::Infallible>(bytes::Bytes::from_static(b"    ")));
    let unknown = small.call(send(Body::from_stream(futures_util::stream::iter(pieces)))).await.unwrap();
    assert_eq!(unknown.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(small.call(send(Body::from("\"0\""))).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn an_error_of_a_layer_has_the_id_of_its_request() {
    let refusing = tower::layer::layer_fn(|_| {
        tower::service_fn(|_: Request<Body>| async { Err::<Response, _>(std::io::Error::other("no")) })
    });
    let routes = routes().layer(refusing).layer(CorrelationLayer::new());
    let (status, headers, body) = call(&routes, ask("/echo/a")).await;
    let problem: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(problem["request_id"], headers["x-request-id"].to_str().unwrap());
}
