//! The suite of the routes, in process and through every host, on every store.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gravity_core::http::Routes;
use gravity_core::page::CursorKey;
use gravity_core::testing::http::each_host;
use {{crate}}::testing::Keys;
use {{crate}}::testing::http::suite;
use {{crate}}::{ItemStore, MemoryStore, {{Type}}, {{Type}}Config, http};

fn routes(store: impl ItemStore) -> Routes {
    let service = {{Type}}::new(store, {{Type}}Config::new(CursorKey::random()));
    http::routes(&service).authenticator(Keys)
}

async fn everywhere(routes: Routes) {
    suite(|config| config.in_process(routes.clone()).unwrap()).await;
    each_host(routes, async |host| suite(|config| config.connect(&host.url("")).unwrap()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory() {
    everywhere(routes(MemoryStore::default())).await;
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
#[tokio::test(flavor = "multi_thread")]
async fn every_database() {
    use {{crate}}::SqlStore;

    gravity_core::testing::db::each(async |db| everywhere(routes(SqlStore::new(db).await.unwrap())).await).await;
}
