//! The suite of locks on every store, and what one store alone can show.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "redis", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::Future;
use std::time::Duration;

use gravity_core::lock::{Error, LockStore, Locks, MIGRATIONS, MemoryLocks, RedisLocks, SqlLocks};
use gravity_core::redis::Redis;
use gravity_core::testing::db::each;
use gravity_core::testing::lock::{fencing, suite};
use gravity_core::testing::redis::{RedisServer, TestRedis};
use gravity_core::{Clock, Metrics, TestClock, Timestamp};
use uuid::Uuid;

const LONG: Duration = Duration::from_mins(1);

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory() {
    suite(MemoryLocks::new(Clock::system())).await;
    each(async |db| {
        MIGRATIONS.up(&db).await.unwrap();
        fencing(MemoryLocks::new(Clock::system()), &db, false).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn databases() {
    each(async |db| {
        let store = SqlLocks::new(&db).await.unwrap();
        suite(store.clone()).await;
        fencing(store, &db, true).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis() {
    let Some(test) = TestRedis::create().await else { return };
    let store = RedisLocks::new(test.redis());
    suite(store.clone()).await;
    each(async |db| {
        MIGRATIONS.up(&db).await.unwrap();
        fencing(store.clone(), &db, false).await;
    })
    .await;
    test.remove().await;
}

#[tokio::test]
async fn a_clock_that_jumps_ends_leases_early_or_late_and_never_mixes_tokens_up() {
    let hands = TestClock::at(Timestamp::UNIX_EPOCH.saturating_add(Duration::from_hours(9)));
    let store = MemoryLocks::new(hands.clock());
    let holders = [Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7()];
    let first = store.take("a", holders[0], LONG).await.unwrap().unwrap();
    hands.set(Timestamp::UNIX_EPOCH);
    assert_eq!(store.take("a", holders[1], LONG).await.unwrap(), None);
    hands.set(Timestamp::UNIX_EPOCH.saturating_add(Duration::from_hours(10)));
    let second = store.take("a", holders[1], LONG).await.unwrap().unwrap();
    assert!(second > first);
    // The first has only now been told the time.
    assert!(!store.renew("a", holders[0], LONG).await.unwrap());
    assert!(!store.release("a", holders[0]).await.unwrap());
    assert_eq!(store.take("a", holders[2], LONG).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_whose_clock_jumped_lets_in_one_holder() {
    each(async |db| {
        let metrics = Metrics::new();
        let locks = Locks::new(SqlLocks::new(&db).await.unwrap()).with_metrics(&metrics);
        let guard = locks.acquire("jump", Duration::from_millis(400)).await.unwrap();
        // As a clock set forward by a day does it.
        db.query("UPDATE locks_held SET expires_at = ")
            .push_bind(Timestamp::UNIX_EPOCH)
            .push(" WHERE name = 'jump'")
            .execute()
            .await
            .unwrap();
        let next = locks.try_acquire("jump", LONG).await.unwrap().unwrap();
        let refused = db.transaction(async |tx| guard.check_in(tx).await).await;
        assert!(matches!(refused, Err(Error::Lost)), "{refused:?}");
        let work = guard.hold(std::future::pending::<()>());
        assert!(matches!(soon(work).await, Err(Error::Lost)));
        assert!(guard.is_lost());
        assert!(matches!(guard.release().await, Err(Error::Lost)));
        db.transaction(async |tx| next.check_in(tx).await).await.unwrap();
        assert!(metrics.render().contains("locks_lost_total 1"), "{}", metrics.render());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_next_waits_for_the_write_of_the_one_before() {
    each(async |db| {
        let store = SqlLocks::new(&db).await.unwrap();
        let holder = Uuid::now_v7();
        let token = store.take("late", holder, Duration::from_millis(20)).await.unwrap().unwrap();
        let lease = gravity_core::lock::Lease { name: "late".into(), holder, token };
        let locks = Locks::new(store.clone());
        let (checked, is_checked) = tokio::sync::watch::channel(false);
        db.query("CREATE TABLE writes (token BIGINT NOT NULL)").execute().await.unwrap();
        let write = db.transaction(async |tx| {
            assert!(store.check_in(tx, &lease).await?);
            checked.send_replace(true);
            // The lease ends meanwhile.
            tokio::time::sleep(Duration::from_millis(60)).await;
            tx.query("INSERT INTO writes (token) VALUES ($1)").bind(token).execute().await?;
            Ok::<_, Error>(())
        });
        let next = async {
            is_checked.clone().wait_for(|is_checked| *is_checked).await.unwrap();
            let guard = locks.acquire_within("late", LONG, LONG).await.unwrap();
            let written: i64 = db.query("SELECT COUNT(*) FROM writes").fetch_scalar().await.unwrap();
            assert_eq!(written, 1, "{guard:?}");
        };
        let (written, ()) = tokio::join!(write, next);
        written.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_that_is_cut_off_from_redis_knows_in_time() {
    let Some(test) = TestRedis::create().await else { return };
    let (cut_off, proxy) = test.through_proxy().await;
    let ttl = Duration::from_millis(1_500);
    let guard = Locks::new(RedisLocks::new(cut_off)).acquire("cut", ttl).await.unwrap();
    // A short cut is survived.
    proxy.cut();
    let others = Locks::new(RedisLocks::new(test.redis()));
    assert!(matches!(others.acquire_within("cut", ttl, ttl * 2).await, Err(Error::Taken)));
    assert!(!guard.is_lost());
    proxy.stall();
    let next = soon(others.acquire("cut", ttl)).await.unwrap();
    assert!(guard.is_lost(), "somebody else got the lock before its holder knew");
    assert!(next.token() > guard.token());
    drop(proxy);
    test.remove().await;
}

#[tokio::test]
async fn tokens_of_redis_grow_across_restarts_and_the_loss_of_its_data() {
    let Some(mut server) = RedisServer::start().await else { return };
    let store = RedisLocks::new(Redis::new(server.config()).unwrap());
    let mut last = 0;
    for wipe in [false, false, true, true] {
        let holder = Uuid::now_v7();
        let token = store.take("a", holder, LONG).await.unwrap().unwrap();
        assert!(token > last, "{token} after {last}");
        last = token;
        store.release("a", holder).await.unwrap();
        server.stop();
        if wipe {
            server.wipe();
        }
        server.restart().await;
    }
}
