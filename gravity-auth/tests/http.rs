//! The suite of the routes, through every host, on every store.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gravity_auth::testing::Stage;
use gravity_auth::testing::http::{clock, config, limits, suite};
use gravity_auth::{Auth, AuthConfig, DevMailbox, Throttles};
use gravity_core::testing::http::Kind;

async fn everywhere(open: impl AsyncFn(AuthConfig) -> Auth) {
    let (mailbox, time) = (DevMailbox::default(), clock());
    let auth = open(config(&mailbox, &time)).await;
    for kind in Kind::ALL {
        suite(&Stage::new(*kind, auth.clone(), mailbox.clone(), time.clone())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory() {
    everywhere(async |config| Auth::in_memory(config).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold() {
    let (mailbox, time) = (DevMailbox::default(), clock());
    let config = config(&mailbox, &time).with_throttles(Throttles::in_memory(&time.clock()));
    let auth = Auth::in_memory(config).await.unwrap();
    limits(&Stage::new(Kind::Hyper, auth, mailbox, time)).await;
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
#[tokio::test(flavor = "multi_thread")]
async fn every_database() {
    gravity_core::testing::db::each(async |db| {
        everywhere(async |config| Auth::new(db.clone(), config).await.unwrap()).await;
    })
    .await;
}
