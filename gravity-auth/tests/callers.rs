//! Who calls, by tokens made here and elsewhere.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod forge;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use forge::{Forge, NOW};
use futures_util::future::join_all;
use gravity_auth::jwt::{
    AccessClaims, Algorithm, BearerTokens, Jwks, KeySet, KeySetConfig, MemoryKeyStore, RemoteKeys,
    RemoteKeysConfig, RevocationList, SigningKey, TokenError, Verifier,
};
use gravity_core::http::client::ClientConfig;
use gravity_core::http::{Json, PUBLIC, Problem, Routes, SIGNED_IN, State, get, problems};
use gravity_core::security::envelope::Vault;
use gravity_core::security::{Key, KeyRing};
use gravity_core::{Permission, Principal, TestClock, Timestamp};
use http::header::{AUTHORIZATION, CACHE_CONTROL, ETAG, IF_NONE_MATCH, WWW_AUTHENTICATE};
use serde_json::json;
use tokio::sync::Semaphore;

const READ: Permission = Permission::new("notes:read");

fn test_clock() -> TestClock {
    TestClock::at(Timestamp::from_seconds(NOW).unwrap())
}

fn verifier(clock: &TestClock) -> Verifier {
    Verifier::access_tokens("https://us", "api").with_clock(clock.clock())
}

async fn key_set(clock: &TestClock) -> KeySet {
    let vault = Vault::local(&KeyRing::new(Key::generate("k").unwrap()));
    let config = KeySetConfig::new(Duration::from_mins(15)).with_clock(clock.clock());
    KeySet::open(MemoryKeyStore::default(), vault, config).await.unwrap()
}

/// Routes that say who calls, and publish the keys.
fn routes(keys: &KeySet, users: BearerTokens) -> Routes {
    async fn me(caller: Principal) -> Json<String> {
        Json(format!("{} {:?}", caller.subject(), caller.credential()))
    }
    let keys = keys.clone();
    Routes::new()
        .route(get("/me", "me").allow(SIGNED_IN).to(me))
        .route(get("/notes", "notes").allow(READ).to(me))
        .route(get("/keys", "keys").allow(PUBLIC).to(move || {
            let keys = keys.clone();
            async move { keys.jwks_answer() }
        }))
        .authenticator(users)
}

fn token(key: &SigningKey, change: impl FnOnce(Forge) -> Forge) -> String {
    change(Forge::new(key.clone())).token()
}

async fn ask(
    routes: &Routes,
    path: &str,
    headers: &[(http::HeaderName, String)],
) -> (u16, http::HeaderMap, String) {
    use tower::ServiceExt;
    let mut request = http::Request::get(path);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(gravity_core::http::Body::empty()).unwrap();
    let answer = routes.clone().oneshot(request).await.unwrap();
    let (head, body) = answer.into_parts();
    let body = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
    (head.status.as_u16(), head.headers, String::from_utf8(body.to_vec()).unwrap())
}

fn bearer(token: &str) -> Vec<(http::HeaderName, String)> {
    vec![(AUTHORIZATION, format!("Bearer {token}"))]
}

#[tokio::test]
async fn a_token_says_who_calls() {
    let clock = test_clock();
    let keys = key_set(&clock).await;
    let routes = routes(&keys, BearerTokens::local(keys.clone(), verifier(&clock)));
    let key = keys.active().unwrap();
    let plain = token(&key, |forge| forge);
    let (status, _, body) = ask(&routes, "/me", &bearer(&plain)).await;
    assert_eq!((status, body.as_str()), (200, r#""42 Some(\"s1\")""#));
    // Roles by themselves permit nothing; permissions do, and scopes narrow them.
    let may = |permissions: &str, scope: Option<&str>| {
        let permissions = json!([permissions]);
        token(&key, |forge| {
            let forge = forge.claim("permissions", permissions).claim("roles", json!(["admin"]));
            scope
                .map(|scope| json!(scope))
                .into_iter()
                .fold(forge, |forge, scope| forge.claim("scope", scope))
        })
    };
    for (permissions, scope, expected) in [
        ("notes:read", None, 200),
        ("*", None, 200),
        ("users:read", None, 403),
        ("*", Some("openid notes:read"), 200),
        ("*", Some("openid"), 403),
        ("*", Some(""), 403),
    ] {
        let (status, ..) = ask(&routes, "/notes", &bearer(&may(permissions, scope))).await;
        assert_eq!(status, expected, "{permissions} {scope:?}");
    }
    assert_eq!(ask(&routes, "/notes", &bearer(&plain)).await.0, 403);
}

#[tokio::test]
async fn what_does_not_hold_is_challenged_and_tells_nothing() {
    let clock = test_clock();
    let keys = key_set(&clock).await;
    let routes = routes(&keys, BearerTokens::local(keys.clone(), verifier(&clock)));
    let key = keys.active().unwrap();
    let mut answers = Vec::new();
    for bad in [
        token(&key, |forge| forge.claim("exp", json!(NOW - 31))),
        token(&key, |forge| forge.claim("aud", json!("other"))),
        token(&key, |forge| forge.header("alg", json!("none"))),
        token(&key, |forge| forge.claim("cnf", json!({ "jkt": "x" }))),
        Forge::stranger().token(),
        "abc".to_owned(),
    ] {
        let (status, headers, body) = ask(&routes, "/me", &bearer(&bad)).await;
        assert_eq!(status, 401);
        let challenge = headers[WWW_AUTHENTICATE].to_str().unwrap();
        assert!(challenge.starts_with("Bearer error=\"invalid_token\""), "{challenge}");
        let mut body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["code"], "auth.invalid_token");
        body["request_id"].take();
        answers.push(body);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    // No credentials, and credentials of another scheme: a challenge without an error.
    for headers in [vec![], vec![(AUTHORIZATION, "Basic YTpi".to_owned())]] {
        let (status, headers, body) = ask(&routes, "/me", &headers).await;
        assert_eq!((status, headers[WWW_AUTHENTICATE].to_str().unwrap()), (401, "Bearer"));
        assert!(body.contains("http.unauthenticated"));
    }
    let good = token(&key, |forge| forge);
    let twice = [bearer(&good), bearer(&good)].concat();
    assert_eq!(ask(&routes, "/me", &twice).await.0, 400);
    assert_eq!(ask(&routes, &format!("/me?access_token={good}"), &[]).await.0, 401);
    assert_eq!(ask(&routes, "/me", &bearer("")).await.0, 401);
    assert_eq!(ask(&routes, "/me", &[(AUTHORIZATION, format!("bEaReR  {good}"))]).await.0, 200);
}

#[tokio::test]
async fn what_was_called_back_is_refused() {
    let clock = test_clock();
    let keys = key_set(&clock).await;
    let list = Arc::new(RevocationList::new(100, Duration::from_mins(16)));
    let users = BearerTokens::local(keys.clone(), verifier(&clock)).with_revocations(list.clone());
    let good = token(&keys.active().unwrap(), |forge| forge);
    users.verify(&good).await.unwrap();
    list.revoke("s1", clock.now());
    assert_eq!(users.verify(&good).await.unwrap_err(), TokenError::Revoked);
}

#[tokio::test]
async fn the_document_of_keys_is_cached() {
    let clock = test_clock();
    let keys = key_set(&clock).await;
    let routes = routes(&keys, BearerTokens::local(keys.clone(), verifier(&clock)));
    let (status, headers, body) = ask(&routes, "/keys", &[]).await;
    assert_eq!(
        (status, &headers[CACHE_CONTROL]),
        (200, &http::HeaderValue::from_static("public, max-age=900, must-revalidate"))
    );
    let read: Jwks = serde_json::from_str(&body).unwrap();
    assert_eq!(read, keys.jwks());
    assert_eq!(read.verifying_keys()[0].id(), keys.active().unwrap().id());
    let tag = headers[ETAG].to_str().unwrap().to_owned();
    assert_eq!(ask(&routes, "/keys", &[(IF_NONE_MATCH, tag.clone())]).await.0, 304);
    keys.rotate().await.unwrap();
    assert_eq!(ask(&routes, "/keys", &[(IF_NONE_MATCH, tag)]).await.0, 200);
}

/// An issuer whose answers the test decides.
#[derive(Clone)]
struct Issuer {
    document: Arc<Mutex<Option<serde_json::Value>>>,
    asked: Arc<AtomicUsize>,
    /// How many answers may go out.
    gate: Arc<Semaphore>,
}

impl Issuer {
    fn new(keys: &[&SigningKey]) -> Self {
        let gate = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS));
        let issuer = Self { document: Arc::default(), asked: Arc::default(), gate };
        issuer.publish(keys);
        issuer
    }

    fn publish(&self, keys: &[&SigningKey]) {
        self.answer(Some(
            serde_json::to_value(Jwks::of(keys.iter().map(|key| key.verifying_key()))).unwrap(),
        ));
    }

    fn answer(&self, document: Option<serde_json::Value>) {
        *self.document.lock().unwrap() = document;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn keys(&self, clock: &TestClock) -> RemoteKeys {
        async fn keys(State(issuer): State<Issuer>) -> Result<Json<serde_json::Value>, Problem> {
            issuer.asked.fetch_add(1, Ordering::SeqCst);
            issuer.gate.acquire().await.unwrap().forget();
            issuer.document.lock().unwrap().clone().map(Json).ok_or(problems::UNAVAILABLE.into())
        }
        let routes = Routes::new().route(get("/jwks.json", "keys").allow(PUBLIC).to(keys)).state(self);
        let client = ClientConfig::new().with_retries(0).in_process(routes).unwrap();
        RemoteKeys::new(client, "/jwks.json", RemoteKeysConfig::new().with_clock(clock.clock()))
    }
}

async fn verify(keys: &RemoteKeys, clock: &TestClock, token: &str) -> Result<AccessClaims, TokenError> {
    let late = verifier(clock).with_leeway(Duration::from_hours(100_000));
    keys.verify(&late, token).await
}

fn key() -> SigningKey {
    SigningKey::generate(Algorithm::EdDsa).unwrap()
}

#[tokio::test]
async fn many_that_wait_for_the_keys_cost_one_request() {
    let (clock, key) = (test_clock(), key());
    let issuer = Issuer::new(&[&key]);
    issuer.gate.forget_permits(Semaphore::MAX_PERMITS);
    let keys = issuer.keys(&clock);
    let good = token(&key, |forge| forge);
    let waiting: Vec<_> = (0..200)
        .map(|_| {
            let (keys, clock, good) = (keys.clone(), clock.clone(), good.clone());
            tokio::spawn(async move { verify(&keys, &clock, &good).await.is_ok() })
        })
        .collect();
    while issuer.asked() == 0 {
        tokio::task::yield_now().await;
    }
    issuer.gate.add_permits(1_000);
    assert!(join_all(waiting).await.into_iter().all(Result::unwrap));
    assert_eq!(issuer.asked(), 1);
    assert!(verify(&keys, &clock, "nonsense").await.is_err());
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn what_is_no_token_of_the_issuer_costs_no_request() {
    let clock = test_clock();
    let issuer = Issuer::new(&[&key()]);
    let keys = issuer.keys(&clock);
    for bad in ["", "a.b.c", &Forge::stranger().header("typ", json!("JWT")).token(), &"x".repeat(10_000)] {
        verify(&keys, &clock, bad).await.unwrap_err();
    }
    assert_eq!(issuer.asked(), 0);
}

#[tokio::test]
async fn an_unknown_key_is_looked_for_once_in_half_a_minute() {
    let (clock, old, new) = (test_clock(), key(), key());
    let issuer = Issuer::new(&[&old]);
    let keys = issuer.keys(&clock);
    verify(&keys, &clock, &token(&old, |forge| forge)).await.unwrap();
    issuer.publish(&[&old, &new]);
    for _ in 0..500 {
        let refused = verify(&keys, &clock, &Forge::stranger().token()).await.unwrap_err();
        assert_eq!(refused, TokenError::UnknownKey);
    }
    assert_eq!(issuer.asked(), 1, "30 s have not passed since the first");
    clock.advance(Duration::from_secs(30));
    verify(&keys, &clock, &token(&new, |forge| forge)).await.unwrap();
    for _ in 0..500 {
        verify(&keys, &clock, &Forge::stranger().token()).await.unwrap_err();
    }
    assert_eq!(issuer.asked(), 2);
    // Set back by a year, the clock does not forbid another look.
    clock.set(Timestamp::from_seconds(NOW - 31_536_000).unwrap());
    let newest = self::key();
    issuer.publish(&[&newest]);
    verify(&keys, &clock, &token(&newest, |forge| forge.claim("iat", json!(NOW - 31_536_000))))
        .await
        .unwrap();
    assert_eq!(keys.state().unwrap().0, 1, "the old ones are gone");
}

#[tokio::test]
async fn keys_hold_for_a_day_while_the_issuer_is_down() {
    let (clock, key) = (test_clock(), key());
    let issuer = Issuer::new(&[&key]);
    let keys = issuer.keys(&clock);
    let good = token(&key, |forge| forge);
    verify(&keys, &clock, &good).await.unwrap();
    for broken in [
        None,
        Some(json!({})),
        Some(json!({ "keys": [] })),
        Some(json!({ "keys": [{ "kty": "oct", "k": "AAAA" }, 7] })),
    ] {
        issuer.answer(broken);
        clock.advance(Duration::from_hours(4));
        let before = issuer.asked();
        verify(&keys, &clock, &good).await.unwrap();
        while issuer.asked() == before {
            tokio::task::yield_now().await;
        }
        verify(&keys, &clock, &good).await.unwrap();
        assert_eq!(
            verify(&keys, &clock, &Forge::stranger().token()).await.unwrap_err(),
            TokenError::UnknownKey
        );
        assert_eq!(issuer.asked(), before + 1);
    }
    clock.advance(Duration::from_hours(8));
    verify(&keys, &clock, &good).await.unwrap();
    clock.advance(Duration::from_micros(1));
    clock.advance(Duration::from_mins(1));
    assert_eq!(verify(&keys, &clock, &good).await.unwrap_err(), TokenError::KeysUnavailable);
    let before = issuer.asked();
    assert_eq!(verify(&keys, &clock, &good).await.unwrap_err(), TokenError::KeysUnavailable);
    assert_eq!(issuer.asked(), before, "not again within a second");
    issuer.publish(&[&key]);
    clock.advance(Duration::from_secs(1));
    verify(&keys, &clock, &good).await.unwrap();
}

#[tokio::test]
async fn a_caller_that_goes_away_stops_no_fetch() {
    let (clock, key) = (test_clock(), key());
    let issuer = Issuer::new(&[&key]);
    issuer.gate.forget_permits(Semaphore::MAX_PERMITS);
    let keys = issuer.keys(&clock);
    let good = token(&key, |forge| forge);
    let gone = tokio::spawn({
        let (keys, clock, good) = (keys.clone(), clock.clone(), good.clone());
        async move { verify(&keys, &clock, &good).await.is_ok() }
    });
    while issuer.asked() == 0 {
        tokio::task::yield_now().await;
    }
    gone.abort();
    assert!(gone.await.is_err());
    issuer.gate.add_permits(10);
    while keys.state().is_none() {
        tokio::task::yield_now().await;
    }
    verify(&keys, &clock, &good).await.unwrap();
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn the_keys_of_another_machine() {
    let clock = test_clock();
    let issuing = key_set(&clock).await;
    let here = routes(&issuing, BearerTokens::local(issuing.clone(), verifier(&clock)));
    let good = token(&issuing.active().unwrap(), |forge| forge);
    gravity_core::testing::http::each_host(here, async |host| {
        let config = RemoteKeysConfig::new().with_clock(clock.clock());
        let remote = RemoteKeys::at(&host.url("/keys"), config).unwrap();
        let users = BearerTokens::remote(remote, verifier(&clock));
        assert_eq!(users.verify(&good).await.unwrap().sub.as_str(), "42");
        let routes = routes(&issuing, users);
        assert_eq!(ask(&routes, "/me", &bearer(&good)).await.0, 200);
    })
    .await;
    let nobody = RemoteKeys::at("http://127.0.0.1:9/keys", RemoteKeysConfig::new()).unwrap();
    let routes = routes(&issuing, BearerTokens::remote(nobody, verifier(&clock)));
    let (status, _, body) = ask(&routes, "/me", &bearer(&good)).await;
    assert_eq!(status, 503);
    assert!(body.contains("auth.keys_unavailable"), "{body}");
    for bad in ["", "keys", "/keys", "ftp://h/k", "http://h/k?a=1", "http://h/%2e", "http://u:p@h/k"] {
        assert!(RemoteKeys::at(bad, RemoteKeysConfig::new()).is_err(), "{bad}");
    }
}
