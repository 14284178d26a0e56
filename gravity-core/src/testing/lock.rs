//! The suite of a store of locks: run it on every store, and on one of your own.
//!
//! ```
//! # #[tokio::main]
//! # async fn main() {
//! use gravity_core::Clock;
//! use gravity_core::lock::MemoryLocks;
//! use gravity_core::testing::lock::suite;
//!
//! suite(MemoryLocks::new(Clock::system())).await;
//! # }
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use uuid::Uuid;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::db::Database;
use crate::lock::{Error, LockStore, Locks};

const LONG: Duration = Duration::from_mins(1);
const SHORT: Duration = Duration::from_millis(40);

/// Runs everything that a store of locks must do. It needs locks whose names begin with `suite.` for itself.
///
/// # Panics
///
/// When the store does something else.
pub async fn suite<S: LockStore + Clone>(store: S) {
    one_of_many_gets_it(&store).await;
    a_lease_ends_and_tokens_grow(&store).await;
    its_holder_alone_renews_and_releases(&store).await;
    names_are_apart(&store).await;
    a_guard_keeps_its_lock(&store).await;
    holders_never_meet(&store).await;
    limits_are_told(&store).await;
}

/// Runs everything that a store of locks must do for writes to a database. A stale holder is refused as soon as
/// somebody has come after it where `refuses_early`, and otherwise when that one has written.
///
/// # Panics
///
/// When the store does something else.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub async fn fencing<S: LockStore + Clone>(store: S, db: &Database, refuses_early: bool) {
    let locks = Locks::new(store.clone());
    let (name, holder) = ("suite.fence", Uuid::now_v7());
    // A holder that was paused: nobody renews its lease.
    let token = store.take(name, holder, SHORT).await.unwrap().unwrap();
    let stale = crate::lock::Lease { name: name.into(), holder, token };
    let check = async |lease: &crate::lock::Lease| {
        db.transaction(async |tx| store.check_in(tx, lease).await).await.unwrap()
    };
    assert!(check(&stale).await);
    let guard = locks.acquire_within(name, LONG, LONG).await.unwrap();
    assert!(guard.token() > token);
    if refuses_early {
        assert!(!check(&stale).await, "a stale holder was let in");
    }
    // Those who cannot know each other write again and again; the stale one never after the other.
    for _ in 0..3 {
        db.transaction(async |tx| guard.check_in(tx).await).await.unwrap();
        assert!(!check(&stale).await, "a stale holder was let in after the next one");
    }
    guard.release().await.unwrap();
    assert!(!check(&stale).await);
}

async fn one_of_many_gets_it<S: LockStore + Clone>(store: &S) {
    for round in 0..5 {
        let name = format!("suite.race.{round}");
        let racers = (0..64).map(|_| {
            let (store, name) = (store.clone(), name.clone());
            tokio::spawn(async move { store.take(&name, Uuid::now_v7(), LONG).await.unwrap() })
        });
        let got = futures_util::future::join_all(racers).await;
        let got: Vec<i64> = got.into_iter().filter_map(Result::unwrap).collect();
        assert_eq!(got.len(), 1, "so many got one lock: {got:?}");
    }
}

async fn a_lease_ends_and_tokens_grow<S: LockStore>(store: &S) {
    let mut last = i64::MIN;
    for round in 0..4 {
        let holder = Uuid::now_v7();
        let ttl = if round % 2 == 0 { LONG } else { SHORT };
        let token = loop {
            if let Some(token) = store.take("suite.expiry", holder, ttl).await.unwrap() {
                break token;
            }
            tokio::task::yield_now().await;
        };
        assert!(token > last, "{token} after {last}");
        last = token;
        // Released or ended by itself, the next token is greater.
        if round % 2 == 0 {
            assert!(store.release("suite.expiry", holder).await.unwrap());
        }
    }
}

async fn its_holder_alone_renews_and_releases<S: LockStore>(store: &S) {
    let (name, holder, other) = ("suite.holder", Uuid::now_v7(), Uuid::now_v7());
    assert!(!store.renew(name, holder, LONG).await.unwrap());
    assert!(!store.release(name, holder).await.unwrap());
    store.take(name, holder, LONG).await.unwrap().unwrap();
    assert!(!store.renew(name, other, SHORT).await.unwrap());
    assert!(!store.release(name, other).await.unwrap());
    assert_eq!(store.take(name, other, LONG).await.unwrap(), None);
    assert_eq!(store.take(name, holder, LONG).await.unwrap(), None, "a lock is not got twice");
    assert!(store.renew(name, holder, LONG).await.unwrap());
    assert!(store.release(name, holder).await.unwrap());
    assert!(!store.release(name, holder).await.unwrap());
    assert!(!store.renew(name, holder, LONG).await.unwrap());
    assert!(store.take(name, other, LONG).await.unwrap().is_some());
}

async fn names_are_apart<S: LockStore>(store: &S) {
    let long = "длинное".repeat(36);
    for name in
        ["suite.names", "suite.Names", "suite.names ", "suite.'; --", "suite.*", "suite.\u{1f512}", &long]
    {
        let holder = Uuid::now_v7();
        assert!(store.take(name, holder, LONG).await.unwrap().is_some(), "{name}");
    }
}

async fn a_guard_keeps_its_lock<S: LockStore + Clone>(store: &S) {
    let locks = Locks::new(store.clone());
    // A machine that stands still for longer than a lease loses it, and rightly: then a longer one has to be kept.
    let mut ttl = Duration::from_millis(300);
    let token = loop {
        let guard = locks.acquire_within("suite.guard", ttl, LONG).await.unwrap();
        // Far longer than the lease.
        let waiting = locks.acquire_within("suite.guard", LONG, ttl * 4).await;
        if matches!(waiting, Err(Error::Taken)) && !guard.is_lost() {
            break guard.token();
        }
        if let Ok(next) = waiting {
            assert!(next.token() > guard.token());
            next.release().await.unwrap();
        }
        ttl *= 4;
        assert!(ttl < LONG, "a guard does not keep its lock");
    };
    let guard = locks.acquire_within("suite.guard", LONG, LONG).await.unwrap();
    assert!(guard.token() > token && !guard.is_lost());
    // Taken away by its own holder's hand, which stands for whatever else ends a lease.
    let thief = Locks::new(store.clone());
    assert!(thief.try_acquire("suite.guard", LONG).await.unwrap().is_none());
    guard.release().await.unwrap();
    // Who stops waiting leaves nothing behind.
    let held = locks.acquire("suite.guard", LONG).await.unwrap();
    let waiting = tokio::spawn({
        let locks = locks.clone();
        async move { locks.acquire("suite.guard", LONG).await.map(|_| ()) }
    });
    tokio::task::yield_now().await;
    waiting.abort();
    assert!(waiting.await.is_err());
    held.release().await.unwrap();
    locks.acquire_within("suite.guard", LONG, LONG).await.unwrap().release().await.unwrap();
}

async fn holders_never_meet<S: LockStore + Clone>(store: &S) {
    let inside = Arc::new(AtomicUsize::new(0));
    let last = Arc::new(AtomicI64::new(i64::MIN));
    let workers = (0..64).map(|_| {
        let (locks, inside, last) = (Locks::new(store.clone()), inside.clone(), last.clone());
        tokio::spawn(async move {
            for _ in 0..3 {
                let guard = locks.acquire_within("suite.meet", LONG, LONG).await.unwrap();
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two holders at once");
                assert!(last.swap(guard.token(), Ordering::SeqCst) < guard.token());
                tokio::task::yield_now().await;
                inside.fetch_sub(1, Ordering::SeqCst);
                guard.release().await.unwrap();
            }
        })
    });
    for worker in futures_util::future::join_all(workers).await {
        worker.unwrap();
    }
}

async fn limits_are_told<S: LockStore + Clone>(store: &S) {
    let locks = Locks::new(store.clone());
    for (name, ttl) in
        [("", LONG), ("a\nb", LONG), (&*"x".repeat(256), LONG), ("a", Duration::ZERO), ("a", Duration::MAX)]
    {
        let refused = locks.try_acquire(name, ttl).await;
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{refused:?}");
    }
}
