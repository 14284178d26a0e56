//! The audit log over HTTP.
#![cfg(all(feature = "sqlite", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{call, empty};
use futures_util::future::{BoxFuture, FutureExt};
use gravity_core::audit::{AUDIT_READ, AuditEntry, AuditLog, MemoryAudit, Origin, routes};
use gravity_core::http::access::Authenticator;
use gravity_core::http::{Body, PUBLIC, Problem, Routes, State, post};
use gravity_core::page::{CursorKey, CursorKeys};
use gravity_core::security::{Key, KeyRing};
use gravity_core::{Clock, Grants, Principal, Subject};
use http::Request;

/// The auditor by the bearer token `auditor`, who acts for another by `acting`, and else a stranger.
struct Names;

impl Authenticator for Names {
    fn authenticate<'a>(
        &'a self,
        head: &'a http::request::Parts,
    ) -> BoxFuture<'a, Result<Option<Principal>, Problem>> {
        let name = gravity_core::http::credentials::bearer(head).ok().flatten();
        let principal = name.map(|name| {
            let principal = Principal::new(Subject::new(name).unwrap());
            match name {
                "auditor" => principal.with_permissions(AUDIT_READ.as_str().parse::<Grants>().unwrap()),
                "acting" => principal.with_claim("act", serde_json::json!({ "sub": "support" })),
                _ => principal,
            }
        });
        std::future::ready(Ok(principal)).boxed()
    }
}

async fn suspend(State(log): State<AuditLog<MemoryAudit>>, origin: Origin) -> &'static str {
    log.record(AuditEntry::new("user.suspended").from(&origin).on("user", 7)).await.unwrap();
    "done"
}

async fn ask(routes: &Routes, path: &str, token: &str) -> common::Answer {
    let request = Request::get(path).header("authorization", format!("Bearer {token}"));
    call(routes, empty(request)).await
}

#[tokio::test]
async fn the_log_is_read_exported_and_checked() {
    let keys = KeyRing::new(Key::generate("k").unwrap());
    let log = AuditLog::new(MemoryAudit::new(), &keys, Clock::system());
    let api = Routes::new()
        .route(post("/suspend", "suspend").allow(PUBLIC).to(suspend))
        .state(&log)
        .merge(routes(log.clone(), CursorKeys::new(CursorKey::random())))
        .authenticator(Names);
    for (name, agent) in [("ada", "x\u{e9}y"), ("acting", "agent")] {
        let request = Request::post("/suspend")
            .header("authorization", format!("Bearer {name}"))
            .header("user-agent", http::HeaderValue::from_bytes(agent.as_bytes()).unwrap());
        assert_eq!(call(&api, empty(request)).await.status, 200);
    }
    log.seal().await.unwrap();
    assert_eq!(ask(&api, "/audit", "ada").await.status, 403);
    assert_eq!(call(&api, empty(Request::get("/audit/export"))).await.status, 401);
    let first = ask(&api, "/audit?limit=1&target_id=7", "auditor").await.json();
    let record = &first["items"][0];
    assert_eq!((&record["actor"], &record["impersonator"]), (&"acting".into(), &"support".into()));
    assert_eq!((&record["position"], &record["is_intact"]), (&2.into(), &true.into()));
    assert!(record["request_id"].is_string());
    let cursor = first["next"].as_str().unwrap();
    let second = ask(&api, &format!("/audit?limit=1&target_id=7&cursor={cursor}"), "auditor").await.json();
    assert_eq!(
        (&second["items"][0]["actor"], &second["items"][0]["user_agent"]),
        (&"ada".into(), &"x\u{e9}y".into())
    );
    assert!(second["next"].is_null());
    assert_eq!(ask(&api, &format!("/audit?limit=1&cursor={cursor}"), "auditor").await.status, 400);
    let id = record["id"].as_str().unwrap();
    assert_eq!(&ask(&api, &format!("/audit/{id}"), "auditor").await.json(), record);
    assert_eq!(ask(&api, "/audit/audit_01h455vb4pex5vsknk084sn02q", "auditor").await.status, 404);
    let export = ask(&api, "/audit/export?action=user.suspended", "auditor").await;
    assert_eq!((export.header("content-type"), export.text().lines().count()), ("application/x-ndjson", 2));
    let check = async |body: String| {
        let request = Request::post("/audit/verify")
            .header("authorization", "Bearer auditor")
            .header("content-type", "application/json");
        call(&api, request.body(Body::from(body)).unwrap()).await
    };
    let report = check("{}".into()).await.json();
    assert_eq!((&report["checked"], &report["broken"]), (&2.into(), &serde_json::Value::Null));
    let checkpoint = report["checkpoint"].as_str().unwrap();
    assert_eq!(check(format!("{{\"checkpoint\":\"{checkpoint}\"}}")).await.json()["checked"], 0);
    assert_eq!(check("{\"checkpoint\":\"1:x\"}".into()).await.status, 422);
}
