//! The log: one JSON object a line, whatever is logged.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use gravity_core::http::client::ClientConfig;
use gravity_core::http::layer::{CorrelationLayer, Edge};
use gravity_core::http::{Authenticator, Json, NoContent, Problem, Routes, SIGNED_IN, post};
use gravity_core::telemetry::{JsonLayer, LogWriter, TelemetryConfig, current_trace};
use gravity_core::{Metrics, Principal, SecretString, Subject, TestClock, Timestamp};
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::{EnvFilter, Layer};

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

struct Log {
    output: Output,
    writer: LogWriter,
    _guard: DefaultGuard,
}

impl Log {
    fn begin() -> Self {
        let output = Output::default();
        let writer = LogWriter::new(output.clone()).unwrap();
        let clock = TestClock::at(Timestamp::from_seconds(1_800_000_000).unwrap());
        let layer = JsonLayer::new("shop", "1.2.3", writer.clone()).with_clock(clock.clock());
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
        Self { output, writer, _guard: guard }
    }

    fn text(&self) -> String {
        assert!(self.writer.flush(Duration::from_secs(30)));
        String::from_utf8(self.output.0.lock().unwrap().clone()).unwrap()
    }

    fn lines(&self) -> Vec<Value> {
        let text = self.text();
        assert!(text.is_empty() || text.ends_with('\n'));
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
    }
}

#[test]
fn a_line_says_what_there_is_to_say() {
    let log = Log::begin();
    let outer = tracing::info_span!("request", request_id = "r-1", http.route = "/carts", shown = 1);
    outer.in_scope(|| {
        let inner = tracing::debug_span!("step", shown = 2, late = tracing::field::Empty);
        inner.record("late", 7_u64);
        inner.in_scope(|| {
            tracing::warn!(
                target: "shop::cart", items = 3_u64, below = -1, share = 0.5, none = f64::NAN, full = true,
                huge = u128::MAX, level = "fake", time = "fake", request_id = "fake", "the cart is {}", "empty"
            );
        });
    });
    tracing::info!("alone");
    let mut lines = log.lines();
    assert_eq!(
        lines.remove(0),
        json!({
            "time": "2027-01-15T08:00:00.000000Z", "level": "WARN", "target": "shop::cart",
            "message": "the cart is empty", "service": "shop", "version": "1.2.3", "request_id": "r-1",
            "fields": {
                "items": 3, "below": -1, "share": 0.5, "none": "NaN", "full": true,
                "huge": u128::MAX.to_string(), "level": "fake", "time": "fake", "request_id": "fake",
            },
            "span": { "shown": 2, "late": 7, "http.route": "/carts" },
        })
    );
    assert_eq!(lines.remove(0)["message"], "alone");
}

#[test]
fn no_value_breaks_out_of_its_line() {
    let log = Log::begin();
    let evil = "x\"}\n{\"level\":\"ERROR\",\r\u{1b}[2J\u{85}\u{2028}\u{202e}\u{9b}31m\0";
    tracing::info!(evil, "{evil}");
    let text = log.text();
    assert_eq!(text.matches('\n').count(), 1);
    assert!(
        !text
            .trim_end()
            .chars()
            .any(|character| character.is_control() || "\u{2028}\u{202e}".contains(character))
    );
    let line = &log.lines()[0];
    assert_eq!((line["message"].as_str(), line["fields"]["evil"].as_str()), (Some(evil), Some(evil)));
}

#[test]
fn lines_are_bounded_and_nothing_that_is_logged_panics_or_recurses() {
    struct Endless;
    impl fmt::Debug for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                f.write_str("🦀 for ever ")?;
            }
        }
    }
    struct Panics;
    impl fmt::Debug for Panics {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("out of cheese")
        }
    }
    struct Logs;
    impl fmt::Debug for Logs {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            tracing::error!(again = ?Logs, "from inside");
            f.write_str("logs")
        }
    }
    let log = Log::begin();
    tracing::info!(a = ?Endless, panics = ?Panics, logs = ?Logs, "one");
    let big = "\0".repeat(100_000);
    tracing::info!(a = big, b = big, c = big, d = big, small = 1, "two");
    let lines = log.lines();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["fields"]["logs"], "logs");
    assert_eq!(lines[0]["fields"]["panics"], "(a value that panicked)");
    assert!(lines[0]["fields"]["a"].as_str().unwrap().ends_with('…'));
    assert_eq!((&lines[1]["truncated"], &lines[1]["fields"]["small"]), (&json!(true), &json!(1)));
    assert!(log.text().lines().all(|line| line.len() < 40_000));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_text_comes_back_whole(message in any::<String>(), field in any::<String>()) {
        let log = Log::begin();
        tracing::info_span!("s", of_span = field).in_scope(|| tracing::info!(field, "{message}"));
        let line = &log.lines()[0];
        prop_assert_eq!(line["message"].as_str(), Some(message.as_str()));
        prop_assert_eq!(line["fields"]["field"].as_str(), Some(field.as_str()));
        prop_assert_eq!(line["span"]["of_span"].as_str(), Some(field.as_str()));
    }
}

/// An output that stands still until it is told to go on.
struct Stuck(Receiver<()>);

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.recv();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_output_that_stands_still_holds_nobody_up() {
    let (go, stuck): (Sender<()>, _) = channel();
    let mut writer = LogWriter::new(Stuck(stuck)).unwrap();
    for _ in 0..20_000 {
        writer.write_all(b"line\n").unwrap();
    }
    assert!((3_000..4_000).contains(&writer.dropped()), "{}", writer.dropped());
    assert!(!writer.flush(Duration::from_millis(10)));
    drop(go);
    assert!(writer.flush(Duration::from_secs(30)));
    // A few large ones are as bad as many small ones.
    let (_go, stuck): (Sender<()>, _) = channel();
    let mut writer = LogWriter::new(Stuck(stuck)).unwrap();
    for _ in 0..40 {
        writer.write_all(&vec![b'x'; 1024 * 1024]).unwrap();
    }
    assert!(writer.dropped() >= 22, "{}", writer.dropped());
}

struct Keys;

impl Authenticator for Keys {
    fn authenticate<'a>(
        &'a self,
        head: &'a http::request::Parts,
    ) -> BoxFuture<'a, Result<Option<Principal>, Problem>> {
        let known = head.headers.contains_key(http::header::AUTHORIZATION);
        std::future::ready(Ok(known.then(|| Principal::new(Subject::from(17))))).boxed()
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
struct SignIn {
    name: String,
    password: SecretString,
    code: SecretString,
}

async fn sign_in(Json(form): Json<SignIn>) -> NoContent {
    tracing::info!(?form, password = ?form.password, code = %form.code, "signing in {}", form.name);
    assert!(current_trace().is_some());
    NoContent
}

#[tokio::test]
async fn a_request_is_told_of_with_id_trace_and_subject_and_without_secrets() {
    let log = Log::begin();
    let routes: Routes = Routes::new()
        .route(post("/sign-in/{place}", "signIn").allow(SIGNED_IN).to(sign_in))
        .authenticator(Keys);
    let routes = Edge::new(&Metrics::new()).with_correlation(CorrelationLayer::new()).around(routes);
    let client = ClientConfig::new().with_bearer("tok-hunter1").in_process(routes).unwrap();
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    client
        .post("/sign-in")
        .segment("hunter2")
        .query(&[("token", "hunter3")])
        .header(http::header::COOKIE, "session=hunter4")
        .header(http::HeaderName::from_static("traceparent"), parent)
        .header(http::HeaderName::from_static("x-request-id"), "r-7")
        .json(&json!({ "name": "ada", "password": "hunter5", "code": "hunter6" }))
        .send_empty()
        .await
        .unwrap();
    let text = log.text();
    assert!(!text.contains("hunter"), "{text}");
    let lines = log.lines();
    let line = lines.iter().find(|line| line["message"] == "signing in ada").unwrap();
    let access = lines.iter().find(|line| line["target"] == "gravity::access").unwrap();
    for line in [line, access] {
        assert_eq!((&line["request_id"], &line["subject"]), (&json!("r-7"), &json!("17")));
        assert_eq!(line["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
        let span = line["span_id"].as_str().unwrap();
        assert!(span.len() == 16 && span != "00f067aa0ba902b7", "{span}");
        assert_eq!(line["span"]["http.route"], "/sign-in/{place}");
    }
    assert_eq!(line["span_id"], access["span_id"]);
}

#[test]
fn a_subscriber_that_is_there_already_stays() {
    let mine = tracing_subscriber::registry();
    let _ = tracing::subscriber::set_global_default(mine);
    let output = Output::default();
    let config = TelemetryConfig::new("shop", "1");
    let telemetry = config.init_to(LogWriter::new(output.clone()).unwrap()).unwrap();
    assert!(!telemetry.is_installed());
    tracing::error!("for the other one");
    assert!(output.0.lock().unwrap().is_empty());
    let wrong = TelemetryConfig { filter: "a=b=c".into(), ..TelemetryConfig::default() };
    assert!(wrong.init_to(LogWriter::new(output).unwrap()).is_err());
}

/// Keeps what spans begin with.
struct Spans(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Spans {
    fn on_new_span(
        &self,
        attributes: &tracing::span::Attributes<'_>,
        _: &tracing::span::Id,
        _: Context<'_, S>,
    ) {
        if attributes.metadata().target() == "gravity::sql" {
            self.0.lock().unwrap().push(format!("{attributes:?}"));
        }
    }
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn statements_have_spans_where_these_are_asked_for_and_show_no_values() {
    let db = gravity_core::db::Database::connect("sqlite::memory:").await.unwrap();
    for (filter, expected) in [("info", 0), ("info,gravity::sql=debug", 2)] {
        let spans = Arc::new(Mutex::new(Vec::new()));
        let subscriber =
            tracing_subscriber::registry().with(EnvFilter::new(filter)).with(Spans(spans.clone()));
        let _guard = tracing::subscriber::set_default(subscriber);
        let found: String = db.query("SELECT $1 || 'x'").bind("hunter2").fetch_scalar().await.unwrap();
        assert_eq!(found, "hunter2x");
        let long = format!(" -- {}", "é".repeat(5_000)).leak();
        db.query("SELECT 1").push(long).fetch_all::<(i64,)>().await.unwrap();
        let spans = spans.lock().unwrap();
        assert_eq!(spans.len(), expected, "{spans:?}");
        assert!(spans.iter().all(|span| !span.contains("hunter2") && span.len() < 3_000), "{spans:?}");
        assert!(spans.iter().all(|span| span.contains("SELECT") && span.contains("sqlite")), "{spans:?}");
    }
}
