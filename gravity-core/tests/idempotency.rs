//! Requests with idempotency keys, through the layer.
#![cfg(all(feature = "sqlite", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use common::{Answer as Got, call};
use futures_util::future::{BoxFuture, FutureExt, join_all};
use gravity_core::db::Database;
use gravity_core::http::access::Authenticator;
use gravity_core::http::client::Client;
use gravity_core::http::{
    Body, PUBLIC, Problem, Routes, SIGNED_IN, SetCookie, SetCookies, State, StreamBody, post, problems,
};
use gravity_core::idempotency::{
    self, Answer, Idempotency, IdempotencyConfig, IdempotencyLayer, IdempotencyStore, MemoryIdempotency,
    SqlIdempotency,
};
use gravity_core::security::envelope::Vault;
use gravity_core::security::{Key, KeyRing};
use gravity_core::testing::db::each;
use gravity_core::testing::http::{Host, Kind, Raw};
use gravity_core::{Clock, Error, Metrics, Principal, Subject, TestClock, Timestamp};
use http::{Request, StatusCode};
use tokio::sync::Semaphore;

/// How often the handler ran.
#[derive(Clone, Default)]
struct Ran(Arc<AtomicUsize>);

impl Ran {
    fn more(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Answers with how often it was asked, in the way that the body says.
async fn work(State(ran): State<Ran>, body: String) -> Result<SetCookies<String>, Problem> {
    let count = ran.more();
    match &*body {
        "fail" => Err(Problem::new(problems::INTERNAL)),
        "invalid" => Err(Problem::new(problems::INVALID)),
        "gone" => Err(Problem::new(problems::NOT_FOUND)),
        "panic" => panic!("as asked"),
        "hang" => std::future::pending().await,
        "large" => Ok(SetCookies::new("x".repeat(300 * 1024))),
        _ => Ok(SetCookies::new(format!("{count} {body}")).set(SetCookie::new("s", "1").unwrap())),
    }
}

/// The name in the bearer token.
struct Names;

impl Authenticator for Names {
    fn authenticate<'a>(
        &'a self,
        head: &'a http::request::Parts,
    ) -> BoxFuture<'a, Result<Option<Principal>, Problem>> {
        let name = gravity_core::http::credentials::bearer(head).ok().flatten();
        let principal = name.map(|name| Principal::new(Subject::new(name).unwrap()));
        std::future::ready(Ok(principal)).boxed()
    }
}

fn table<S: IdempotencyStore>(layer: IdempotencyLayer<S>) -> (Routes, Ran) {
    let ran = Ran::default();
    let routes = Routes::new()
        .route(post("/work", "work").allow(PUBLIC).limit_time(Duration::from_millis(200)).to(work))
        .route(post("/other", "other").allow(PUBLIC).to(work))
        .route(post("/mine/{id}", "mine").allow(SIGNED_IN).to(work))
        .route(post("/stream", "stream").allow(PUBLIC).to(stream))
        .state(&ran)
        .authenticator(Names)
        .layer(layer);
    (routes, ran)
}

async fn stream(State(ran): State<Ran>) -> StreamBody {
    ran.more();
    let pieces = futures_util::stream::iter([Ok::<_, std::io::Error>("a".into())]);
    StreamBody::new("text/plain", pieces)
}

fn memory() -> IdempotencyLayer<MemoryIdempotency> {
    IdempotencyLayer::new(MemoryIdempotency::new(), Clock::system())
}

async fn send(routes: &Routes, path: &str, key: &str, body: &'static str) -> Got {
    let request = Request::post(path).header("idempotency-key", key).body(Body::from(body)).unwrap();
    call(routes, request).await
}

#[tokio::test]
async fn a_repetition_is_answered_alike_and_not_run() {
    let metrics = Metrics::new();
    let (routes, ran) = table(memory().with_metrics(metrics.clone()));
    let first = send(&routes, "/work", "k1", "a").await;
    assert_eq!(
        (first.status, first.text(), first.header("set-cookie")),
        (200, "1 a", "s=1; Path=/; Secure; HttpOnly; SameSite=Lax")
    );
    assert_eq!(first.header("idempotency-replayed"), "");
    // A structured string is the same key as the bare one.
    for key in ["k1", "\"k1\""] {
        let again = send(&routes, "/work", key, "a").await;
        assert_eq!((again.status, again.text()), (200, "1 a"));
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.header("content-type"), first.header("content-type"));
        assert_eq!(again.header("set-cookie"), "");
    }
    let other_body = send(&routes, "/work", "k1", "b").await;
    assert_eq!(
        (other_body.status, other_body.json()["code"].as_str()),
        (422, Some("idempotency.key_reused"))
    );
    assert_eq!(send(&routes, "/work?x=1", "k1", "a").await.status, 422);
    assert_eq!(send(&routes, "/other", "k1", "a").await.text(), "2 a");
    assert_eq!(send(&routes, "/work", "k2", "a").await.text(), "3 a");
    for bad in ["", "\"open", "a b", &"x".repeat(256)] {
        let refused = send(&routes, "/work", bad, "a").await;
        assert_eq!(
            (refused.status, refused.pointers()),
            (400, vec!["/header/idempotency-key".to_owned()]),
            "{bad:?}"
        );
    }
    let without = Request::post("/work").body(Body::from("a")).unwrap();
    assert_eq!(call(&routes, without).await.text(), "4 a");
    assert_eq!(ran.count(), 4);
    assert!(metrics.render().contains("idempotency_requests_total{outcome=\"replayed\"} 2"));
}

#[tokio::test]
async fn keys_of_different_callers_never_meet_and_nobody_else_is_answered() {
    let (routes, ran) = table(memory());
    let ask = async |name: &str, path: &str| {
        let mut request = Request::post(path).header("idempotency-key", "k");
        if !name.is_empty() {
            request = request.header("authorization", format!("Bearer {name}"));
        }
        let got = call(&routes, request.body(Body::from("a")).unwrap()).await;
        (got.status, got.text().to_owned())
    };
    assert_eq!(ask("ada", "/mine/1").await, (200, "1 a".into()));
    assert_eq!(ask("ada", "/mine/1").await, (200, "1 a".into()));
    assert_eq!(ask("bob", "/mine/1").await, (200, "2 a".into()));
    assert_eq!(ask("", "/mine/1").await.0, 401);
    assert_eq!(ask("ada", "/mine/2").await.0, 422);
    assert_eq!(ran.count(), 2);
}

#[tokio::test]
async fn only_what_is_final_is_kept() {
    let (routes, ran) = table(memory());
    for (body, status) in [("fail", 500), ("panic", 500), ("invalid", 422), ("hang", 503)] {
        let before = ran.count();
        for _ in 0..2 {
            assert_eq!(send(&routes, "/work", body, body).await.status, status);
        }
        assert_eq!(ran.count(), before + 2, "{body}");
        assert_eq!(send(&routes, "/work", body, "other").await.status, 200);
    }
    let before = ran.count();
    for _ in 0..2 {
        assert_eq!(send(&routes, "/work", "gone", "gone").await.status, 404);
    }
    for path in ["/work", "/stream"] {
        assert_eq!(send(&routes, path, "large", "large").await.status, 200);
        let again = send(&routes, path, "large", "large").await;
        assert_eq!((again.status, again.json()["code"].as_str()), (409, Some("idempotency.answer_not_kept")));
    }
    assert_eq!(ran.count(), before + 3);
}

#[tokio::test]
async fn a_body_that_is_refused_takes_no_key() {
    let ran = Ran::default();
    let routes = Routes::new()
        .route(post("/", "work").allow(PUBLIC).limit_body(8).to(work))
        .state(&ran)
        .layer(memory());
    for _ in 0..2 {
        assert_eq!(send(&routes, "/", "k", "more than eight").await.status, 413);
    }
    assert_eq!(ran.count(), 0);
    assert_eq!(send(&routes, "/", "k", "eight").await.text(), "1 eight");
    // A body that ends before its end is none either, and frees the key for the whole one.
    let pieces = futures_util::stream::iter([Ok("ei".into()), Err(std::io::Error::other("cut off"))]);
    let cut = Request::post("/").header("idempotency-key", "c").body(Body::from_stream(pieces));
    assert!((400..500).contains(&call(&routes, cut.unwrap()).await.status));
    assert_eq!(send(&routes, "/", "c", "eight").await.text(), "2 eight");
}

/// Says how long it is, and breaks off.
struct Breaking;

impl http_body::Body for Breaking {
    type Data = bytes::Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<bytes::Bytes>, std::io::Error>>> {
        Poll::Ready(Some(Err(std::io::Error::other("broken off"))))
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(5)
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_frees_the_key() {
    async fn answer(State(ran): State<Ran>) -> http::Response<Body> {
        let body = if ran.more() == 1 { Body::new(Breaking) } else { Body::from("whole") };
        http::Response::new(body)
    }
    let ran = Ran::default();
    let routes =
        Routes::new().route(post("/", "answer").allow(PUBLIC).to(answer)).state(&ran).layer(memory());
    assert_eq!(send(&routes, "/", "k", "").await.status, 500);
    for _ in 0..2 {
        let again = send(&routes, "/", "k", "").await;
        assert_eq!((again.status, again.text()), (200, "whole"));
    }
    assert_eq!(ran.count(), 2);
}

#[tokio::test]
async fn answers_expire_are_sealed_and_keys_can_be_required() {
    let clock = TestClock::at(Timestamp::from_seconds(1_700_000_000).unwrap());
    let db = Database::connect("sqlite::memory:").await.unwrap();
    let store = SqlIdempotency::new(&db).await.unwrap();
    let vault = Vault::local(&KeyRing::new(Key::generate("k").unwrap()));
    let config = IdempotencyConfig::new().required().with_vault(vault).with_expiry(Duration::from_secs(10));
    let (routes, ran) = table(IdempotencyLayer::new(store, clock.clock()).with_config(config));
    assert_eq!(send(&routes, "/work", "k", "private").await.text(), "1 private");
    assert_eq!(send(&routes, "/work", "k", "private").await.text(), "1 private");
    let kept: Vec<u8> = db.query("SELECT answer FROM idempotency_keys").fetch_scalar().await.unwrap();
    assert!(!kept.windows(7).any(|window| window == b"private"));
    clock.advance(Duration::from_secs(10));
    assert_eq!(send(&routes, "/work", "k", "other").await.text(), "2 other");
    let without = call(&routes, Request::post("/work").body(Body::empty()).unwrap()).await;
    assert_eq!((without.status, without.pointers()), (400, vec!["/header/idempotency-key".to_owned()]));
    assert_eq!(ran.count(), 2);
}

/// What a handler waits for, so that a test can do something meanwhile.
#[derive(Clone)]
struct Gate {
    ran: Ran,
    entered: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

#[tokio::test]
async fn a_running_request_is_told_of_and_outlives_its_client() {
    async fn wait(State(gate): State<Gate>) -> String {
        let count = gate.ran.more();
        gate.entered.add_permits(1);
        gate.open.acquire().await.unwrap().forget();
        count.to_string()
    }
    let gate =
        Gate { ran: Ran::default(), entered: Arc::new(Semaphore::new(0)), open: Arc::new(Semaphore::new(0)) };
    let routes = Routes::new().route(post("/", "wait").allow(PUBLIC).to(wait)).state(&gate).layer(memory());
    let first = tokio::spawn({
        let routes = routes.clone();
        async move { send(&routes, "/", "k", "").await }
    });
    gate.entered.acquire().await.unwrap().forget();
    let running = send(&routes, "/", "k", "").await;
    assert_eq!((running.status, running.header("retry-after")), (409, "5"));
    // The client goes away; what has begun goes on.
    first.abort();
    assert!(first.await.err().unwrap().is_cancelled());
    gate.open.add_permits(1);
    loop {
        let again = send(&routes, "/", "k", "").await;
        if again.status == 200 {
            assert_eq!(again.text(), "1");
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(gate.ran.count(), 1);
}

#[derive(Clone)]
struct Payments {
    db: Database,
    /// How often the answer is lost after the commit.
    losses: Arc<AtomicUsize>,
}

async fn pay(
    State(payments): State<Payments>,
    idempotency: Idempotency<SqlIdempotency>,
    body: String,
) -> Result<Answer, Error> {
    let answer = payments
        .db
        .transaction(async |tx| {
            tx.query("INSERT INTO payments (cents) VALUES (100)").execute().await?;
            let answer = Answer::json(StatusCode::CREATED, &body)?;
            idempotency.complete_in(tx, &answer).await?;
            if body == "refuse" {
                return Err(idempotency::Error::Answer("as asked"));
            }
            Ok(answer)
        })
        .await?;
    if payments.losses.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
        return Err(Error::internal("lost after the commit"));
    }
    Ok(answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_commits_with_its_writes_and_never_twice() {
    each(async |db| {
        db.query("CREATE TABLE payments (cents bigint NOT NULL)").execute().await.unwrap();
        let store = SqlIdempotency::new(&db).await.unwrap();
        let payments = Payments { db: db.clone(), losses: Arc::new(AtomicUsize::new(1)) };
        let routes = Routes::new()
            .route(post("/pay", "pay").allow(PUBLIC).to(pay))
            .state(&payments)
            .layer(IdempotencyLayer::new(store, Clock::system()));
        let count = async || db.query("SELECT COUNT(*) FROM payments").fetch_scalar::<i64>().await.unwrap();
        assert_eq!(send(&routes, "/pay", "k", "a").await.status, 500);
        let again = send(&routes, "/pay", "k", "a").await;
        assert_eq!(
            (again.status, again.text(), again.header("idempotency-replayed")),
            (201, "\"a\"", "true")
        );
        assert_eq!(count().await, 1);
        assert_eq!(send(&routes, "/pay", "r", "refuse").await.status, 500);
        assert_eq!(send(&routes, "/pay", "r", "b").await.status, 201);
        assert_eq!(count().await, 2);
        let all = join_all((0..64).map(|_| send(&routes, "/pay", "race", "c"))).await;
        let statuses: Vec<u16> = all.iter().map(|got| got.status).collect();
        assert!(statuses.iter().all(|status| [201, 409].contains(status)), "{statuses:?}");
        assert_eq!(count().await, 3);
    })
    .await;
}

/// 64 clients send one request at once, each over a connection of its own.
async fn race<S: IdempotencyStore>(kind: Kind, store: S) {
    let (routes, ran) = table(IdempotencyLayer::new(store, Clock::system()));
    let host = &Host::start(kind, "", routes);
    let answers = join_all((0..64).map(|_| async move {
        let mut raw = Raw::connect(host).await;
        raw.send("POST /other HTTP/1.1\r\nhost: a\r\nidempotency-key: race\r\ncontent-length: 1\r\n\r\na")
            .await;
        raw.answer().await
    }))
    .await;
    let statuses: Vec<StatusCode> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(ran.count(), 1, "on {kind}");
    assert!(statuses.iter().all(|status| [200, 409].contains(&status.as_u16())), "on {kind}: {statuses:?}");
    assert!(statuses.contains(&StatusCode::OK));
    let client = Client::connect(&host.url("")).unwrap();
    let response = client.post("/other").idempotency_key("race").body("a").send_raw().await.unwrap();
    assert_eq!(response.headers().get("idempotency-replayed").unwrap(), "true");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_at_once_one_runs_on_every_host() {
    for kind in Kind::ALL {
        race(*kind, MemoryIdempotency::new()).await;
        // A pool of its own: connections that one host has made end with that host's runtime.
        each(async |db| race(*kind, SqlIdempotency::new(&db).await.unwrap()).await).await;
    }
}
