//! The suite of a store, on every store of the crate.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gravity_auth::MemoryStore;
use gravity_auth::testing::store::{Told, random_histories, suite};
use gravity_core::Clock;
use gravity_core::events::{EventStore as _, Search};
use gravity_core::jobs::JobStore as _;
use gravity_core::security::{Key, KeyRing};

/// How many random histories each store is told.
const HISTORIES: u64 = 1_000;

fn keys() -> KeyRing {
    KeyRing::new(Key::generate("test").unwrap())
}

fn in_memory() -> MemoryStore {
    MemoryStore::new(&keys(), Clock::system())
}

#[tokio::test]
async fn memory() {
    let store = in_memory();
    let recorded = async |told: &Told| match told {
        Told::Event(id) => {
            store.events().advance().await.unwrap();
            let found = store.events().search(&Search::default(), usize::MAX).await.unwrap();
            found.iter().any(|found| found.event.as_ref().is_ok_and(|event| event.id == *id))
        }
        Told::Audit(target) => {
            let records =
                store.audit().list(&gravity_core::audit::AuditFilter::default(), None, 10_000).await;
            records.unwrap().items.iter().any(|record| record.target_id.as_ref() == Some(target))
        }
        Told::Job(id) => store.jobs().get(*id).await.unwrap().is_some(),
    };
    suite(store.clone(), recorded).await;
}

#[tokio::test]
async fn memory_by_random_histories() {
    random_histories(in_memory(), HISTORIES / 10).await;
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql {
    use gravity_auth::SqlStore;
    use gravity_core::Clock;
    use gravity_core::db::Database;
    use gravity_core::testing::db::each;

    use super::{HISTORIES, Told, keys, random_histories, suite};

    async fn store(db: &Database) -> SqlStore {
        SqlStore::new(db.clone(), &keys(), Clock::system()).await.unwrap()
    }

    async fn was_recorded(db: &Database, told: &Told) -> bool {
        let query = match told {
            Told::Event(id) => db.query("SELECT count(*) FROM events_log WHERE id = $1").bind(*id),
            Told::Audit(target) => {
                db.query("SELECT count(*) FROM audit_records WHERE target_id = $1").bind(target)
            }
            Told::Job(id) => db.query("SELECT count(*) FROM jobs WHERE id = $1").bind(*id),
        };
        query.fetch_scalar::<i64>().await.unwrap() == 1
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_database() {
        each(async |db| {
            suite(store(&db).await, async |told: &Told| was_recorded(&db, told).await).await;
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_database_by_random_histories() {
        each(async |db| random_histories(store(&db).await, HISTORIES).await).await;
    }

    #[cfg(feature = "redis")]
    mod with_sessions_in_redis {
        use gravity_core::testing::redis::TestRedis;

        use super::{HISTORIES, Told, each, random_histories, store, suite, was_recorded};

        #[tokio::test(flavor = "multi_thread")]
        async fn every_database() {
            let Some(test) = TestRedis::create().await else { return };
            each(async |db| {
                let store = store(&db).await.with_sessions_in(&test.redis());
                suite(store, async |told: &Told| was_recorded(&db, told).await).await;
            })
            .await;
            test.remove().await;
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn every_database_by_random_histories() {
            let Some(test) = TestRedis::create().await else { return };
            each(async |db| {
                // A part of them will do: the tables are told all of them.
                let store = store(&db).await.with_sessions_in(&test.redis());
                random_histories(store, HISTORIES / 4).await;
            })
            .await;
            test.remove().await;
        }
    }
}
