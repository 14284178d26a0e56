//! Spans in a collector: the ids are those of the log and of `traceparent`, on every host.
#![cfg(all(feature = "otel", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gravity_core::events::{Draft, Event, EventNode, MemoryEvents, NodeConfig, Outbox, Start, Subscriber};
use gravity_core::http::client::{Client, ClientConfig};
use gravity_core::http::layer::{CorrelationLayer, Edge, Sampling};
use gravity_core::http::{Body, FromRequest, NoContent, PUBLIC, Parts, Problem, Routes, State, get, post};
use gravity_core::metrics::Format;
use gravity_core::telemetry::{LogWriter, TelemetryConfig};
use gravity_core::testing::http::{Host, Kind, each_host};
use gravity_core::testing::metrics::Exposition;
use gravity_core::{Clock, Metrics, SecretString};
use http::HeaderName;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::Value;

/// What the collector has got.
#[derive(Clone, Default)]
struct Got(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

async fn take(State(got): State<Got>, request: Whole) -> Result<Vec<u8>, Problem> {
    let Whole(bytes) = request;
    got.0.lock().unwrap().push(ExportTraceServiceRequest::decode(&*bytes).unwrap());
    Ok(Vec::new())
}

struct Whole(Vec<u8>);

impl<S: Send + Sync + 'static> FromRequest<S> for Whole {
    async fn from_request(parts: &mut Parts, body: Body, _: &S) -> Result<Self, Problem> {
        assert_eq!(parts.headers()["content-type"], "application/x-protobuf");
        assert_eq!(parts.headers()["authorization"], "Bearer collect");
        Ok(Self(body.into_bytes(1 << 20).await.unwrap().to_vec()))
    }

    fn describe(_: &mut gravity_core::http::openapi::Operation<'_>) {}
}

#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Greeted {}

impl Event for Greeted {
    const NAME: &'static str = "test.greeted";
}

#[derive(Clone)]
struct Greeter {
    next: Client,
    outbox: Outbox<MemoryEvents>,
}

async fn greet(State(greeter): State<Greeter>) -> Result<NoContent, Problem> {
    tracing::info!("greeting");
    #[cfg(feature = "sqlite")]
    {
        let db = gravity_core::db::Database::connect("sqlite::memory:").await.unwrap();
        let found: String = db.query("SELECT $1").bind("hunter2").fetch_scalar().await.unwrap();
        assert_eq!(found, "hunter2");
    }
    greeter.next.get("/next").send_empty().await.unwrap();
    greeter.outbox.send(Draft::new(Greeted {})).await.unwrap();
    Ok(NoContent)
}

async fn fail() -> Result<NoContent, Problem> {
    tracing::error!(password = ?SecretString::from("hunter2"), "it failed");
    Err(Problem::new(gravity_core::http::problems::UNAVAILABLE))
}

async fn next() -> NoContent {
    NoContent
}

fn attribute(span: &Span, name: &str) -> Option<Any> {
    let found = span.attributes.iter().find(|attribute| attribute.key == name)?;
    found.value.clone()?.value
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn text(value: &str) -> Any {
    Any::StringValue(value.to_owned())
}

// One test, because a program has one subscriber.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one history of one subscriber")]
async fn ids_are_one_and_a_collector_that_is_away_holds_nobody_up() {
    let got = Got::default();
    let taking: Routes =
        Routes::new().route(post("/otlp/v1/traces", "take").allow(PUBLIC).to(take)).state(&got);
    let collector = Host::start(Kind::Hyper, "", taking);
    let output = Output::default();
    let config = TelemetryConfig {
        otlp_endpoint: Some(collector.url("/otlp/")),
        otlp_token: Some(SecretString::from("collect")),
        sampling: 1.0,
        // Little is logged, and spans are there all the same.
        filter: "warn,telemetry_otel=info,gravity::sql=debug".to_owned(),
        ..TelemetryConfig::new("shop", "1.2.3")
    };
    let telemetry = config.init_to(LogWriter::new(output.clone()).unwrap()).unwrap();
    assert!(telemetry.is_installed());
    assert_eq!(config.sampling(), Sampling::ALL);

    let metrics = Metrics::new();
    telemetry.watch(&metrics);
    let edge = Edge::new(&metrics).with_correlation(CorrelationLayer::new().with_sampling(config.sampling()));
    let beyond = edge.around(Routes::new().route(get("/next", "next").allow(PUBLIC).to(next)));
    let beyond = Host::start(Kind::Hyper, "", beyond);
    let store = MemoryEvents::new();
    let greeter = Greeter {
        next: Client::connect(&beyond.url("")).unwrap(),
        outbox: Outbox::new(store.clone(), "/test", Clock::system()).unwrap(),
    };
    let served = edge.around(
        Routes::new()
            .route(get("/greet", "greet").allow(PUBLIC).to(greet))
            .route(get("/fail", "fail").allow(PUBLIC).to(fail))
            .state(&greeter),
    );
    let (handled, mut is_handled) = tokio::sync::mpsc::unbounded_channel();
    let node = EventNode::new(store.clone(), Clock::system(), NodeConfig::new()).with_subscriber(
        Subscriber::new("greetings").starting(Start::Beginning).on::<Greeted>(move |_, _| {
            let _ = handled.send(());
            Box::pin(std::future::ready(Ok(())))
        }),
    );
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let node = tokio::spawn(node.run_until(async move {
        let _ = stopped.await;
    }));

    let traceparent = HeaderName::from_static("traceparent");
    let mut number = 0_u32;
    let numbers = std::cell::RefCell::new(Vec::new());
    each_host(served, async |host| {
        let client = ClientConfig::new().with_retries(0).connect(&host.url("")).unwrap();
        let trace = |last: char| format!("4bf92f3577b34da6a3ce929d{:07x}{last}", host.address().port());
        let parent = |last, flags| format!("00-{}-00f067aa0ba902b7-{flags}", trace(last));
        client.get("/greet").header(traceparent.clone(), &parent('1', "01")).send_empty().await.unwrap();
        client.get("/fail").header(traceparent.clone(), &parent('2', "01")).send_empty().await.unwrap_err();
        // What the caller does not record is not recorded here.
        client.get("/greet").header(traceparent.clone(), &parent('3', "00")).send_empty().await.unwrap();
        numbers.borrow_mut().push(["1", "2", "3"].map(|last| trace(last.chars().next().unwrap())));
    })
    .await;
    for _ in 0..Kind::ALL.len() * 2 {
        is_handled.recv().await.unwrap();
        number += 1;
    }
    assert!(number >= 2);
    drop(stop);
    node.await.unwrap().unwrap();
    telemetry.shutdown().await;

    let requests = got.0.lock().unwrap().clone();
    let resource = requests[0].resource_spans[0].resource.clone().unwrap();
    let about: Vec<_> = resource.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    assert!(about.contains(&"service.name") && about.contains(&"service.version"), "{about:?}");
    let spans: Vec<Span> = requests
        .iter()
        .flat_map(|request| &request.resource_spans)
        .flat_map(|resource| &resource.scope_spans)
        .flat_map(|scope| scope.spans.clone())
        .collect();
    let log = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!log.contains("hunter2") && !format!("{spans:?}").contains("hunter2"));

    for [sampled, failing, unsampled] in numbers.into_inner() {
        let of = |trace: &str| spans.iter().filter(|span| hex(&span.trace_id) == trace).collect::<Vec<_>>();
        assert!(of(&unsampled).is_empty());
        let spans = of(&sampled);
        let named = |name: &str| {
            let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
            assert_eq!(found.len(), 1, "{name}: {spans:#?}");
            *found[0]
        };
        let root = named("GET /greet");
        assert_eq!((root.kind, hex(&root.parent_span_id).as_str()), (2, "00f067aa0ba902b7"));
        assert_eq!(attribute(root, "http.route"), Some(text("/greet")));
        assert_eq!(attribute(root, "http.request.method"), Some(text("GET")));
        assert_eq!(attribute(root, "http.response.status_code"), Some(Any::IntValue(204)));
        assert!(attribute(root, "request_id").is_some() && attribute(root, "span_id").is_none());
        // The call lies in the request, and what was called lies in the call.
        let call = named("GET");
        assert_eq!((call.kind, &call.parent_span_id), (3, &root.span_id));
        assert_eq!(attribute(call, "server.address"), Some(text("127.0.0.1")));
        let called = named("GET /next");
        assert_eq!((called.kind, &called.parent_span_id), (2, &call.span_id));
        if cfg!(feature = "sqlite") {
            let statement = named("SELECT");
            assert_eq!((statement.kind, &statement.parent_span_id), (3, &root.span_id));
            assert_eq!(attribute(statement, "db.query.text"), Some(text("SELECT $1")));
            assert_eq!(attribute(statement, "db.system.name"), Some(text("sqlite")));
        }
        // The event's handler lies in the request that published it, and is linked to it.
        let handled = named("process test.greeted");
        assert_eq!((handled.kind, &handled.parent_span_id), (5, &root.span_id));
        assert_eq!((&handled.links[0].trace_id, &handled.links[0].span_id), (&root.trace_id, &root.span_id));
        // The log has the same ids.
        let line = lines.iter().find(|line| line["trace_id"] == sampled.as_str()).unwrap();
        assert_eq!(
            (line["message"].as_str(), &line["span_id"]),
            (Some("greeting"), &Value::from(hex(&root.span_id)))
        );
        assert!(
            lines.iter().any(|line| line["trace_id"] == unsampled.as_str()),
            "unsampled ones are in the log"
        );

        let failed = of(&failing)[0];
        assert_eq!(failed.status.as_ref().unwrap().code, 2);
        assert_eq!(attribute(failed, "error.type"), Some(text("503")));
        assert!(failed.events.iter().any(|event| event.name == "it failed"));
    }

    // The collector goes away: whoever makes spans does not notice, and memory has a bound.
    drop(collector);
    for _ in 0..20_000 {
        let span = tracing::info_span!(
            "request",
            trace_id = "4bf92f3577b34da6a3ce929d0e0e4736",
            span_id = "00f067aa0ba902b7",
            sampled = true
        );
        drop(span);
    }
    let scrape = Exposition::parse(&metrics.scrape(Format::Prometheus).await).unwrap();
    assert!(scrape.value("trace_spans_exported_total", &[]).unwrap() >= 5.0);
    let dropped = tokio::time::timeout(Duration::from_mins(1), async {
        loop {
            let scrape = Exposition::parse(&metrics.scrape(Format::Prometheus).await).unwrap();
            let dropped = scrape.value("trace_spans_dropped_total", &[]).unwrap();
            if dropped >= 10_000.0 {
                return dropped;
            }
            tokio::task::yield_now().await;
        }
    });
    assert!(dropped.await.unwrap() >= 10_000.0);
}
