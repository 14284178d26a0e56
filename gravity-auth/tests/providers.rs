//! The suite of signing in elsewhere, through every host, on every store.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gravity_auth::testing::Stage;
use gravity_auth::testing::http::{Doubles, clock, config, providers};
use gravity_auth::{Auth, AuthConfig, AuthError, DevMailbox, SignUp};
use gravity_core::testing::http::Kind;
use serde_json::json;

async fn everywhere(open: impl AsyncFn(AuthConfig) -> Auth) {
    let (mailbox, time) = (DevMailbox::default(), clock());
    let doubles = Doubles::start(&time).await;
    let auth = open(doubles.join(config(&mailbox, &time))).await;
    for kind in Kind::ALL {
        let stage = Stage::new(*kind, auth.clone(), mailbox.clone(), time.clone());
        providers(&stage, &doubles).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory() {
    everywhere(async |config| Auth::in_memory(config).await.unwrap()).await;
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
#[tokio::test(flavor = "multi_thread")]
async fn every_database() {
    gravity_core::testing::db::each(async |db| {
        everywhere(async |config| Auth::new(db.clone(), config).await.unwrap()).await;
    })
    .await;
}

#[tokio::test]
async fn settings_make_providers_and_say_what_they_lack() {
    let auth = async |providers: serde_json::Value| {
        let config = config(&DevMailbox::default(), &clock()).with_sign_up(SignUp::Closed);
        let providers = serde_json::from_value(providers).unwrap();
        Auth::in_memory(config.with(|settings| settings.providers = providers)).await
    };
    let made = auth(json!({
        "google": { "kind": "google", "client_id": "1.apps", "client_secret": "s", "authority_for": ["gmail.com"] },
        "ours": { "kind": "oidc", "client_id": "web", "issuer": "https://sso.example", "scopes": ["openid", "email"] },
    }));
    assert_eq!(made.await.unwrap().providers(), ["google", "ours"]);
    for (providers, pointer) in [
        (json!({ "ours": { "kind": "oidc", "client_id": "web" } }), "/providers/ours/issuer"),
        (json!({ "no name": { "kind": "google", "client_id": "web" } }), "/providers/no name"),
        (json!({ "ms": { "kind": "microsoft", "client_id": "x", "tenant": "nowhere" } }), "/providers/ms"),
    ] {
        let Err(AuthError::Other(error)) = auth(providers).await else { panic!("{pointer}") };
        let pointers: Vec<_> = error.faults().iter().map(|fault| fault.pointer.clone()).collect();
        assert_eq!(pointers, [pointer]);
    }
}
