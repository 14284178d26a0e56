//! Passkeys as an application turns them on, and what is written down of them.
#![cfg(all(feature = "testing", any(feature = "sqlite", feature = "postgres")))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gravity_auth::testing::http::{ISSUER, PASSWORD, clock, config};
use gravity_auth::testing::{Reply, SoftAuthenticator, Stage};
use gravity_auth::{Auth, DevMailbox, SignUp};
use gravity_core::db::Database;
use gravity_core::testing::db::each;
use gravity_core::testing::http::Kind;
use serde_json::{Value, json};

async fn make(stage: &Stage, access: &str, device: &mut SoftAuthenticator) -> Reply {
    let asked = stage.post_as(access, "/passkeys/begin", Value::Null).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    let credential = device.register(&asked.body["publicKey"]);
    stage
        .post_as(access, "/passkeys", json!({ "token": asked.body["token"], "credential": credential }))
        .await
}

async fn sign_in(stage: &Stage, device: &mut SoftAuthenticator) -> Reply {
    let asked = stage.post("/passkeys/sign-in/begin", Value::Null).await;
    let credential = device.authenticate(&asked.body["publicKey"]);
    stage.post("/passkeys/sign-in", json!({ "token": asked.body["token"], "credential": credential })).await
}

/// How many entries of the audit log say this of somebody.
async fn entries(db: &Database, user: &str, action: &str, outcome: &str) -> i64 {
    let sql = "SELECT count(*) FROM audit_records WHERE target_id = $1 AND action = $2 AND outcome = $3";
    db.query(sql).bind(user).bind(action).bind(outcome).fetch_scalar().await.unwrap()
}

async fn events(db: &Database, name: &str) -> i64 {
    db.query("SELECT count(*) FROM events_log WHERE name = $1").bind(name).fetch_scalar().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_site_there_are_none() {
    each(async |db| {
        let (mailbox, time) = (DevMailbox::default(), clock());
        let on = config(&mailbox, &time);
        let off = on.clone().with(|settings| settings.passkeys.domain = None);
        let (on, off) = (Auth::new(db.clone(), on).await.unwrap(), Auth::new(db, off).await.unwrap());
        let on = Stage::new(Kind::Hyper, on, mailbox.clone(), time.clone());
        let off = Stage::new(Kind::Hyper, off, mailbox, time);
        let ada = on.signed_in().await;
        let mut device = SoftAuthenticator::es256(ISSUER);
        assert_eq!(make(&on, &ada.access, &mut device).await.status, 201);
        assert_eq!(on.login(&ada.email, PASSWORD).await.status, 202, "it is asked for");
        for path in ["/passkeys/begin", "/passkeys/sign-in/begin", "/passkeys/step-up/begin", "/passkeys"] {
            assert_eq!(
                off.post_as(&ada.access, path, Value::Null).await.refusal(),
                (404, "http.not_found"),
                "{path}"
            );
        }
        // Nobody is asked for what they cannot show here.
        assert_eq!(off.login(&ada.email, PASSWORD).await.status, 200);
        let answer = device.authenticate(&json!({ "challenge": "AAAA", "rpId": "shop.example" }));
        let body = json!({ "passkey": { "token": "x", "credential": answer } });
        let step_up = off.post_as(&ada.access, "/step-up", body).await;
        assert_eq!(step_up.refusal(), (404, "auth.passkeys_off"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_is_written_down() {
    each(async |db| {
        let (mailbox, time) = (DevMailbox::default(), clock());
        let auth = Auth::new(db.clone(), config(&mailbox, &time)).await.unwrap();
        let stage = Stage::new(Kind::Hyper, auth, mailbox, time);
        let ada = stage.signed_in().await;
        let me = stage.ask("GET", &ada.access, "/me", Value::Null).await;
        let me = me.body["id"].as_str().unwrap();
        let mut device = SoftAuthenticator::es256(ISSUER);
        device.flags = 0x01;
        assert_eq!(make(&stage, &ada.access, &mut device).await.status, 401);
        device.flags = 0x05;
        let made = make(&stage, &ada.access, &mut device).await;
        let path = format!("/passkeys/{}", made.body["passkey"]["id"].as_str().unwrap());
        assert_eq!(sign_in(&stage, &mut device).await.status, 200);
        device.counter = 1;
        assert_eq!(sign_in(&stage, &mut device).await.status, 401);
        let name = json!({ "name": "another" });
        assert_eq!(stage.ask("PATCH", &ada.access, &path, name).await.status, 200);
        assert_eq!(stage.ask("DELETE", &ada.access, &path, Value::Null).await.status, 204);
        for (action, outcome, count) in [
            ("auth.passkey_added", "denied", 1),
            ("auth.passkey_added", "allowed", 1),
            ("auth.passkey_used", "allowed", 1),
            ("auth.passkey_suspected", "denied", 1),
            ("auth.sign_in", "denied", 1),
            ("auth.passkey_renamed", "allowed", 1),
            ("auth.passkey_removed", "allowed", 1),
        ] {
            assert_eq!(entries(&db, me, action, outcome).await, count, "{action} {outcome}");
        }
        for name in ["added", "renamed", "removed", "suspected"] {
            assert_eq!(events(&db, &format!("auth.passkey_{name}")).await, 1, "{name}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_verified_first() {
    let (mailbox, time) = (DevMailbox::default(), clock());
    let config = config(&mailbox, &time).with_sign_up(SignUp::Immediate);
    let auth = Auth::in_memory(config).await.unwrap();
    let stage = Stage::new(Kind::Hyper, auth, mailbox, time);
    let email = stage.email();
    let reply = stage.post("/register", json!({ "email": email, "password": PASSWORD })).await;
    let access = reply.body["access_token"].as_str().unwrap();
    let begin = stage.post_as(access, "/passkeys/begin", Value::Null).await;
    assert_eq!(begin.refusal(), (403, "auth.email_not_verified"));
}
