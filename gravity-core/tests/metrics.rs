//! What a scrape holds, read by a strict reader.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use gravity_core::Metrics;
use gravity_core::http::client::ClientConfig;
use gravity_core::http::layer::Edge;
use gravity_core::http::{NoContent, PUBLIC, Path, Routes, get};
use gravity_core::metrics::{Counter, Family, Format, Gauge, Histogram, Samples, catalogue, routes};
use gravity_core::testing::http::each_host;
use gravity_core::testing::metrics::Exposition;
use http::header::{ACCEPT, CONTENT_TYPE};
use proptest::prelude::*;

async fn hello(Path(_): Path<String>) -> NoContent {
    NoContent
}

const COUNTED: Family<Counter, 1> = Family::counter("c_total", "C.", &["v"]);
const TIMED: Family<Histogram, 1> = Family::histogram("h_seconds", "H.", &["v"]);
const DEPTH: Family<Gauge, 1> = Family::gauge("test_depth", "A \\ \"depth\"\nin lines.", &["of"]);

#[tokio::test(flavor = "multi_thread")]
async fn a_scrape_of_every_host_holds_the_named_metrics() {
    let metrics = Metrics::new().with_process().with_runtime().with_build("shop", "1.2.3");
    let service = Routes::new().route(get("/hello/{name}", "hello").allow(PUBLIC).to(hello));
    let served: Routes = Edge::new(&metrics).around(service).merge(routes(&metrics, PUBLIC));
    each_host(served, async |host| {
        let client = ClientConfig::new().connect(&host.url("")).unwrap();
        for name in ["ada", "bob"] {
            client.get("/hello").segment(name).send_empty().await.unwrap();
        }
        let scraper =
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.9,*/*;q=0.1";
        let answer = client.get("/metrics").header(ACCEPT, scraper).send_raw().await.unwrap();
        assert_eq!(answer.headers()[CONTENT_TYPE], Format::Prometheus.media());
        let text = String::from_utf8(answer.into_body().into_bytes(1 << 20).await.unwrap().to_vec()).unwrap();
        let scrape = Exposition::parse(&text).unwrap_or_else(|fault| panic!("{fault}\n{text}"));
        let labels = [("method", "GET"), ("endpoint", "/hello/{name}"), ("status", "204")];
        assert!(scrape.value("http_requests_total", &labels).unwrap() >= 2.0);
        assert!(scrape.value("http_request_duration_seconds_count", &labels[..2]).unwrap() >= 2.0);
        assert_eq!(scrape.value("active_connections", &[]), Some(0.0));
        assert_eq!(scrape.value("build_info", &[("service", "shop"), ("version", "1.2.3")]), Some(1.0));
        if cfg!(target_os = "linux") {
            for (name, least) in [
                ("process_resident_memory_bytes", 1e6),
                ("process_virtual_memory_bytes", 1e6),
                ("process_cpu_seconds_total", 0.0),
                ("process_open_fds", 3.0),
                ("process_max_fds", 3.0),
                ("process_threads", 2.0),
                ("process_start_time_seconds", 1.6e9),
            ] {
                assert!(scrape.value(name, &[]).unwrap() >= least, "{name}\n{text}");
            }
        }
        assert!(scrape.value("tokio_workers", &[]).unwrap() >= 1.0);
        // Whatever is there is in the catalogue, with its kind and its labels.
        for (name, kind) in &scrape.kinds {
            let all = catalogue();
            let declared = all.iter().find(|family| family.name == name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(declared.kind.as_str(), kind);
            for sample in scrape.samples.iter().filter(|sample| declared.samples().contains(&sample.name)) {
                let names = sample.labels.iter().map(|(name, _)| name.as_str()).filter(|name| *name != "le");
                assert!(names.eq(declared.labels.iter().copied()), "{sample:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn openmetrics_is_spoken_to_who_prefers_it() {
    const CAKES: Family<Counter, 0> = Family::counter("cakes_total", "Cakes.", &[]);
    let metrics = Metrics::new();
    CAKES.of(&metrics, []).increment();
    let client = ClientConfig::new().in_process(routes(&metrics, PUBLIC)).unwrap();
    for (accept, media) in [
        (
            "application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5",
            Format::OpenMetrics,
        ),
        ("text/plain", Format::Prometheus),
        ("*/*", Format::Prometheus),
        ("application/openmetrics-text;q=0, text/*;q=0.1", Format::Prometheus),
    ] {
        let answer = client.get("/metrics").header(ACCEPT, accept).send_raw().await.unwrap();
        assert_eq!(answer.headers()[CONTENT_TYPE], media.media(), "{accept}");
        let text = String::from_utf8(answer.into_body().into_bytes(1 << 20).await.unwrap().to_vec()).unwrap();
        match media {
            Format::Prometheus => assert!(Exposition::parse(&text).is_ok()),
            Format::OpenMetrics => {
                assert_eq!(text, "# HELP cakes Cakes.\n# TYPE cakes counter\ncakes_total 1\n# EOF\n");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn collectors_are_asked_once_for_many_and_cannot_hold_up_a_scrape() {
    const ASKED: Family<Counter, 0> = Family::counter("test_asked_total", "Asked.", &[]);
    let metrics = Metrics::new();
    let asked = Arc::new(AtomicU32::new(0));
    let counting = asked.clone();
    metrics.collect(move || {
        let count = counting.fetch_add(1, Ordering::Relaxed) + 1;
        async move {
            let mut samples = Samples::new();
            samples.count(&ASKED, [], count.into());
            samples.set(&DEPTH, ["sea"], f64::INFINITY);
            samples.set(&DEPTH, ["s\\e\"a\n"], -0.5);
            samples
        }
    });
    metrics.collect(std::future::pending);
    let both = tokio::join!(metrics.scrape(Format::Prometheus), metrics.scrape(Format::Prometheus));
    assert_eq!(both.0, both.1);
    let scrape = Exposition::parse(&both.0).unwrap();
    assert_eq!(scrape.value("test_asked_total", &[]), Some(1.0));
    assert_eq!(scrape.value("test_depth", &[("of", "sea")]), Some(f64::INFINITY));
    assert_eq!(scrape.value("test_depth", &[("of", "s\\e\"a\n")]), Some(-0.5));
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn a_pool_tells_how_full_it_is() {
    use gravity_core::db::{Database, DatabaseConfig};
    let config = DatabaseConfig::default().with_max_connections(2);
    let db = Database::connect_with("sqlite::memory:", config).await.unwrap();
    let metrics = Metrics::new();
    db.watch(&metrics, "main");
    let scrape = Exposition::parse(&metrics.scrape(Format::Prometheus).await).unwrap();
    for (name, least) in
        [("db_pool_connections", 1.0), ("db_pool_idle", 1.0), ("db_pool_max", 1.0), ("db_pool_waiting", 0.0)]
    {
        assert!(scrape.value(name, &[("pool", "main")]).unwrap() >= least, "{name}");
    }
}

#[test]
fn the_reader_refuses_what_breaks_a_rule() {
    let head = "# HELP a A.\n# TYPE a gauge\n";
    assert!(Exposition::parse(&format!("{head}a 1\n")).is_ok());
    for bad in [
        "a 1\n".to_owned(),
        format!("{head}b 1\n"),
        format!("{head}a 1\na 1\n"),
        format!("{head}a{{x=\"\\q\"}} 1\n"),
        format!("{head}a{{x=\"1\"}} 1\na{{y=\"1\"}} 1\n"),
        format!("{head}a 1"),
        format!("{head}a one\n"),
        format!("{head}a 1\n{head}"),
        "# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n"
            .to_owned(),
        "# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_sum 1\nh_count 2\n".to_owned(),
    ] {
        assert!(Exposition::parse(&bad).is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn whatever_is_counted_can_be_read(
        values in prop::collection::vec(("\\PC{0,20}|[\\\\\"\n]{0,6}", any::<u32>()), 0..20),
        times in prop::collection::vec(0_u64..20_000_000, 0..30),
    ) {
        let metrics = Metrics::new();
        for (value, count) in &values {
            COUNTED.of(&metrics, [value]).add(u64::from(*count));
        }
        for time in &times {
            TIMED.of(&metrics, ["x"]).observe(Duration::from_micros(*time));
        }
        let scrape = Exposition::parse(&metrics.render()).map_err(TestCaseError::fail)?;
        for (value, _) in &values {
            let sum: f64 = values.iter().filter(|(other, _)| other == value).map(|(_, n)| f64::from(*n)).sum();
            prop_assert_eq!(scrape.value("c_total", &[("v", value)]), Some(sum));
        }
    }
}
