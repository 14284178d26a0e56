//! The suite of the routes, through every host, on every store.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gravity_auth::jwt::{Algorithm, MemoryKeyStore};
use gravity_auth::testing::Stage;
use gravity_auth::testing::http::{PASSWORD, clock, config, limits, passkey_suite, signed_by, suite};
use gravity_auth::{Auth, AuthConfig, DevMailbox, MemoryStore, Throttles};
use gravity_core::audit::AuditFilter;
use gravity_core::events::{EventStore as _, Search};
use gravity_core::security::{Key, KeyRing};
use gravity_core::testing::http::Kind;
use serde_json::{Value, json};

async fn everywhere(open: impl AsyncFn(AuthConfig) -> Auth, run: impl AsyncFn(&Stage)) {
    let (mailbox, time) = (DevMailbox::default(), clock());
    let auth = open(config(&mailbox, &time)).await;
    for kind in Kind::ALL {
        run(&Stage::new(*kind, auth.clone(), mailbox.clone(), time.clone())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory() {
    everywhere(async |config| Auth::in_memory(config).await.unwrap(), suite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_signed_as_the_settings_say() {
    for algorithm in Algorithm::ALL {
        let open = async |config: AuthConfig| {
            let config = config.with(|settings| {
                settings.tokens.algorithm = algorithm;
                if algorithm == Algorithm::Rs256 {
                    settings.tokens.rsa_key = Some(include_str!("keys/rsa-2048.pem").into());
                }
            });
            Auth::in_memory(config).await.unwrap()
        };
        everywhere(open, async |stage| signed_by(stage, algorithm).await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn passkeys_in_memory() {
    everywhere(async |config| Auth::in_memory(config).await.unwrap(), passkey_suite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold() {
    let (mailbox, time) = (DevMailbox::default(), clock());
    let config = config(&mailbox, &time).with_throttles(Throttles::in_memory(&time.clock()));
    let auth = Auth::in_memory(config).await.unwrap();
    limits(&Stage::new(Kind::Hyper, auth, mailbox, time)).await;
}

/// The account is made later, by a worker.
#[tokio::test(flavor = "multi_thread")]
async fn where_somebody_signed_up_from_is_written_down() {
    let (mailbox, time) = (DevMailbox::default(), clock());
    let store = MemoryStore::new(&KeyRing::new(Key::generate("test").unwrap()), time.clock());
    let jobs = store.jobs().clone();
    let config = config(&mailbox, &time);
    let auth = Auth::with_store(store.clone(), jobs, MemoryKeyStore::default(), config).await.unwrap();
    let stage = Stage::new(Kind::Hyper, auth, mailbox, time);
    let body = json!({ "email": "ada@example.org", "password": PASSWORD }).to_string();
    let headers = [("content-type", "application/json"), ("user-agent", "Tele/7")];
    let asked = stage.call("POST", "/api/v1/auth/register", &headers, body.as_bytes()).await;
    assert_eq!(asked.status, 202);
    stage.token("ada@example.org", "verify_email").await;
    let records = store.audit().list(&AuditFilter::default(), None, 1_000).await.unwrap().items;
    let made = records.iter().find(|record| record.action == "user.registered").unwrap();
    assert_eq!(made.address.as_deref(), Some("127.0.0.1"));
    assert_eq!(made.user_agent.as_deref(), Some("Tele/7"));
    assert!(made.request_id.is_some(), "{made:?}");
}

/// Whatever somebody does who acts for another, the audit log names both.
#[tokio::test(flavor = "multi_thread")]
async fn acting_for_somebody_is_written_down() {
    let (mailbox, time) = (DevMailbox::default(), clock());
    let config = config(&mailbox, &time);
    let keys = KeyRing::new(Key::generate("test").unwrap());
    let store = MemoryStore::new(&keys, time.clock());
    let jobs = store.jobs().clone();
    let auth = Auth::with_store(store.clone(), jobs, MemoryKeyStore::default(), config).await.unwrap();
    let stage = Stage::new(Kind::Hyper, auth, mailbox, time);
    let (admin, ada) = (stage.admin().await, stage.signed_in().await);
    let (actor, id) = (stage.id_of(&admin).await, stage.id_of(&ada).await);
    let path = format!("/users/{id}/impersonate");
    let begun = stage.api("POST", &admin.access, &path, json!({ "reason": "ticket 7" })).await;
    let token = begun.body["access_token"].as_str().unwrap();
    assert_eq!(stage.post_as(token, "/logout", Value::Null).await.status, 204);

    let records = store.audit().list(&AuditFilter::default(), None, 1_000).await.unwrap().items;
    let record = |action: &str| records.iter().find(|record| record.action == action).unwrap();
    let beginning = record("auth.impersonated");
    assert_eq!((beginning.actor.as_ref(), beginning.target_id.as_ref()), (Some(&actor), Some(&id)));
    assert_eq!(beginning.extra.as_ref().unwrap()["reason"], "ticket 7");
    let end = record("auth.session_ended");
    assert_eq!((end.actor.as_ref(), end.impersonator.as_ref()), (Some(&id), Some(&actor)));
}

/// To demand a password is another thing than to change it: whoever listens tells them apart.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_is_demanded_is_told_as_such() {
    let (mailbox, time) = (DevMailbox::default(), clock());
    let config = config(&mailbox, &time);
    let keys = KeyRing::new(Key::generate("test").unwrap());
    let store = MemoryStore::new(&keys, time.clock());
    let jobs = store.jobs().clone();
    let auth = Auth::with_store(store.clone(), jobs, MemoryKeyStore::default(), config).await.unwrap();
    let stage = Stage::new(Kind::Hyper, auth, mailbox, time);
    let (admin, ada) = (stage.admin().await, stage.signed_in().await);
    let id = stage.id_of(&ada).await;
    let told = async || {
        store.events().advance().await.unwrap();
        let all = store.events().search(&Search::default(), usize::MAX).await.unwrap();
        let events = all.into_iter().map(|found| found.event.unwrap());
        let of = events.filter(|event| event.data["id"] == json!(id) && event.name.contains("password"));
        of.map(|event| event.name).collect::<Vec<_>>()
    };
    let path = format!("/{id}/require-password-change");
    assert_eq!(stage.users("POST", &admin.access, &path, Value::Null).await.status, 204);
    assert_eq!(told().await, ["user.password_demanded"]);
    let token = stage.token(&ada.email, "new_password").await;
    let new = json!({ "token": token, "password": "a very different horse" });
    assert_eq!(stage.post("/reset-password", new).await.status, 204);
    let mut told = told().await;
    told.sort_unstable();
    assert_eq!(told, ["auth.password_changed", "user.password_demanded"]);
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
#[tokio::test(flavor = "multi_thread")]
async fn every_database() {
    gravity_core::testing::db::each(async |db| {
        everywhere(async |config| Auth::new(db.clone(), config).await.unwrap(), suite).await;
    })
    .await;
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
#[tokio::test(flavor = "multi_thread")]
async fn passkeys_on_every_database() {
    gravity_core::testing::db::each(async |db| {
        everywhere(async |config| Auth::new(db.clone(), config).await.unwrap(), passkey_suite).await;
    })
    .await;
}

/// Whoever calls does not see where sessions are.
#[cfg(all(feature = "redis", any(feature = "sqlite", feature = "postgres")))]
#[tokio::test(flavor = "multi_thread")]
async fn every_database_with_sessions_in_redis() {
    use gravity_core::testing::redis::TestRedis;

    let Some(test) = TestRedis::create().await else { return };
    gravity_core::testing::db::each(async |db| {
        let (mailbox, time) = (DevMailbox::default(), clock());
        let config = config(&mailbox, &time).with_sessions_in(&test.redis());
        let auth = Auth::new(db, config).await.unwrap();
        suite(&Stage::new(Kind::Hyper, auth, mailbox, time)).await;
    })
    .await;
    test.remove().await;
}
