//! Rate limits on routes and around services: who is counted, what is answered, what the document says.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;

use futures_util::future::BoxFuture;
use gravity_core::http::{
    Authenticator, Body, OpenApi, PUBLIC, PeerAddr, Problem, Response, Routes, SIGNED_IN, TrustedProxies,
    get, post,
};
use gravity_core::limits::{AddressGroup, MemoryLimiter, Quota, RateLimit, RateLimitLayer};
use gravity_core::{Metrics, Principal, Subject, TestClock, Timestamp};
use http::Request;
use serde_json::Value;
use tower::{Layer, ServiceExt, service_fn};

fn limiter(quota: impl Into<gravity_core::limits::Quotas>) -> MemoryLimiter {
    MemoryLimiter::new(quota).with_clock(TestClock::at(Timestamp::UNIX_EPOCH).clock())
}

/// Whoever names himself is believed.
struct Names;

impl Authenticator for Names {
    fn authenticate<'a>(
        &'a self,
        head: &'a http::request::Parts,
    ) -> BoxFuture<'a, Result<Option<Principal>, Problem>> {
        let name = head.headers.get("x-name").map(|name| name.to_str().unwrap().to_owned());
        let principal =
            name.map(|name| Principal::new(Subject::new(name).unwrap()).with_claim("tenant", "acme"));
        Box::pin(std::future::ready(Ok(principal)))
    }
}

fn from(path: &str, address: &str) -> Request<Body> {
    let mut request = Request::get(path).body(Body::empty()).unwrap();
    request.extensions_mut().insert(PeerAddr(SocketAddr::new(address.parse().unwrap(), 1)));
    request
}

async fn ask(routes: &Routes, request: Request<Body>) -> Response {
    routes.clone().oneshot(request).await.unwrap()
}

fn field<'r>(response: &'r Response, name: &str) -> &'r str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn an_address_has_so_many_and_is_told() {
    let metrics = Metrics::new();
    let limit = RateLimit::by_address("hello", limiter([Quota::per_minute(2), Quota::per_hour(20)]));
    let routes: Routes = Routes::new().route(
        get("/hello", "hello").allow(PUBLIC).rate_limit(limit.with_metrics(&metrics)).to(async || "hello"),
    );
    let first = ask(&routes, from("/hello", "192.0.2.1")).await;
    assert_eq!(first.status(), 200);
    assert_eq!(field(&first, "ratelimit-policy"), r#""hello";q=2;w=60, "hello-2";q=20;w=3600"#);
    assert_eq!(field(&first, "ratelimit"), r#""hello";r=1;t=30"#);
    assert_eq!(ask(&routes, from("/hello", "::ffff:192.0.2.1")).await.status(), 200);
    let refused = ask(&routes, from("/hello", "192.0.2.1")).await;
    assert_eq!((refused.status().as_u16(), field(&refused, "retry-after")), (429, "30"));
    assert_eq!(field(&refused, "ratelimit"), r#""hello";r=0;t=30"#);
    assert_eq!(field(&refused, "content-type"), "application/problem+json");
    let problem: Value =
        serde_json::from_slice(&refused.into_body().into_bytes(9999).await.unwrap()).unwrap();
    assert_eq!(problem["code"], "http.too_many_requests");
    // Others are others; a whole network of IPv6 is one.
    assert_eq!(ask(&routes, from("/hello", "192.0.2.2")).await.status(), 200);
    for (address, status) in [
        ("2001:db8:0:1::1", 200),
        ("2001:db8:0:1:ffff::2", 200),
        ("2001:db8:0:1::3", 429),
        ("2001:db8:0:2::1", 200),
    ] {
        assert_eq!(ask(&routes, from("/hello", address)).await.status(), status, "{address}");
    }
    let text = metrics.render();
    assert!(text.contains(r#"rate_limit_decisions_total{limit="hello",outcome="refused"} 2"#), "{text}");
    assert!(text.contains(r#"rate_limit_decisions_total{limit="hello",outcome="allowed"} 6"#), "{text}");
}

#[tokio::test]
async fn only_a_trusted_proxy_speaks_for_others() {
    let limit = RateLimit::by_address("x", limiter(Quota::per_minute(1)));
    let routes: Routes = Routes::new()
        .route(get("/", "x").allow(PUBLIC).rate_limit(limit).to(async || ""))
        .layer(TrustedProxies::new(["10.0.0.1"]).unwrap());
    let by = async |peer: &str, forwarded: &str| {
        let mut request = from("/", peer);
        request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
        ask(&routes, request).await.status().as_u16()
    };
    assert_eq!(by("10.0.0.1", "192.0.2.1").await, 200);
    assert_eq!(by("10.0.0.1", "192.0.2.2").await, 200);
    assert_eq!(by("10.0.0.1", "192.0.2.2").await, 429);
    // A client gains nothing by what it writes itself.
    assert_eq!(by("192.0.2.9", "192.0.2.3").await, 200);
    assert_eq!(by("192.0.2.9", "192.0.2.4").await, 429);
    assert_eq!(by("10.0.0.1", "6.6.6.6, 192.0.2.2").await, 429);
    // What came over no connection is one client.
    let nowhere = || Request::get("/").body(Body::empty()).unwrap();
    assert_eq!(ask(&routes, nowhere()).await.status(), 200);
    assert_eq!(ask(&routes, nowhere()).await.status(), 429);
}

#[tokio::test]
async fn a_caller_has_so_many_wherever_he_is() {
    let caller = RateLimit::by_principal("caller", limiter(Quota::per_minute(2)));
    let tenant = RateLimit::by_claim("tenant", limiter(Quota::per_minute(3)), |principal| {
        Some(principal.claim("tenant")?.as_str()?.to_owned())
    });
    let address = RateLimit::by_address("address", limiter(Quota::per_minute(5)));
    let routes: Routes = Routes::new()
        .route(get("/", "x").allow(SIGNED_IN).rate_limit(caller).rate_limit(tenant).to(async || ""))
        .rate_limit(address)
        .authenticator(Names);
    let by = async |name: &str, address: &str| {
        let mut request = from("/", address);
        if !name.is_empty() {
            request.headers_mut().insert("x-name", name.parse().unwrap());
        }
        ask(&routes, request).await
    };
    let first = by("ada", "192.0.2.1").await;
    let told: Vec<_> =
        first.headers().get_all("ratelimit").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(told, [r#""address";r=4;t=12"#, r#""caller";r=1;t=30"#, r#""tenant";r=2;t=20"#]);
    assert_eq!(by("ada", "192.0.2.2").await.status(), 200);
    assert_eq!(by("ada", "192.0.2.3").await.status(), 429);
    assert_eq!(by("grace", "192.0.2.3").await.status(), 200);
    assert_eq!(by("joan", "192.0.2.3").await.status(), 429, "the tenant has used up his three");
    // Whoever has no name is counted by address, before it is known that he has none.
    for _ in 0..2 {
        assert_eq!(by("", "192.0.2.3").await.status(), 401);
    }
    assert_eq!(by("", "192.0.2.3").await.status(), 429);
}

#[tokio::test]
async fn any_key_any_cost_and_any_service() {
    let limit = RateLimit::by_key("key", limiter(Quota::per_minute(4)), |head| {
        Some(head.headers.get("x-key")?.to_str().ok()?.to_owned())
    });
    let service = service_fn(async |_: Request<Body>| Ok::<_, std::convert::Infallible>(Response::default()));
    let service = RateLimitLayer::new(limit.cost(2)).layer(service);
    let by = async |key: &str| {
        let mut request = from("/", "192.0.2.1");
        if !key.is_empty() {
            request.headers_mut().insert("x-key", key.parse().unwrap());
        }
        service.clone().oneshot(request).await.unwrap()
    };
    assert_eq!(field(&by("a").await, "ratelimit"), r#""key";r=2;t=30"#);
    assert_eq!((by("a").await.status(), by("a").await.status().as_u16()), (http::StatusCode::OK, 429));
    assert_eq!(by("b").await.status(), 200);
    for _ in 0..9 {
        let free = by("").await;
        assert_eq!((free.status().as_u16(), field(&free, "ratelimit")), (200, ""));
    }
    // Whoever is known outside is counted as that; the others by their address.
    let limit = RateLimit::by_principal("caller", limiter(Quota::per_minute(1)));
    let service = RateLimitLayer::new(limit)
        .layer(service_fn(async |_: Request<Body>| Ok::<_, std::convert::Infallible>(Response::default())));
    for (name, address, status) in [
        ("ada", "192.0.2.1", 200),
        ("bob", "192.0.2.1", 200),
        ("ada", "192.0.2.2", 429),
        ("", "192.0.2.1", 200),
        ("", "192.0.2.1", 429),
    ] {
        let mut request = from("/", address);
        if !name.is_empty() {
            request.extensions_mut().insert(Principal::new(Subject::new(name).unwrap()));
        }
        assert_eq!(service.clone().oneshot(request).await.unwrap().status(), status, "{name} {address}");
    }
    let wide = RateLimit::by_address("wide", limiter(Quota::per_minute(1)));
    let routes: Routes = Routes::new().route(
        get("/", "x")
            .allow(PUBLIC)
            .rate_limit(wide.group_addresses(AddressGroup::new(24, 48)))
            .to(async || ""),
    );
    assert_eq!(ask(&routes, from("/", "192.0.2.1")).await.status(), 200);
    assert_eq!(ask(&routes, from("/", "192.0.2.200")).await.status(), 429);
}

#[test]
fn the_document_says_so() {
    let limit = RateLimit::by_address("x", limiter(Quota::per_minute(1)));
    let routes: Routes = Routes::new()
        .route(post("/limited", "limited").allow(PUBLIC).rate_limit(limit).to(async || "text"))
        .route(get("/free", "free").allow(PUBLIC).to(async || "text"));
    let document: Value = OpenApi::new("x", "1").document(&routes).into_value();
    let limited = &document["paths"]["/limited"]["post"]["responses"];
    let reference = limited["429"]["$ref"].as_str().unwrap().replace('#', "");
    let refusal = document.pointer(&reference).unwrap();
    assert!(refusal["headers"]["retry-after"].is_object() && refusal["headers"]["ratelimit"].is_object());
    assert!(limited["200"]["headers"]["ratelimit"].is_object(), "{limited}");
    assert!(document["paths"]["/free"]["get"]["responses"]["429"].is_null());
}
