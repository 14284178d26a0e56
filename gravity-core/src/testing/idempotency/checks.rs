//! The parts of the suite.

use std::time::Duration;

use super::Bench;
use crate::Timestamp;
use crate::idempotency::{Begun, Claim, Error, IdempotencyStore, Slot};

const LEASE: Duration = Duration::from_secs(60);
const SLOT: Slot = [1; 32];
const ASKED: [u8; 32] = [2; 32];
const OTHER: [u8; 32] = [3; 32];

fn at(second: i64) -> Timestamp {
    Timestamp::from_seconds(1_700_000_000 + second).unwrap()
}

async fn begin<S: IdempotencyStore>(store: &S, second: i64) -> Begun {
    store.begin(SLOT, ASKED, at(second), LEASE).await.unwrap()
}

async fn claim<S: IdempotencyStore>(store: &S, second: i64) -> Claim {
    match begin(store, second).await {
        Begun::Run(claim) => claim,
        other => panic!("{other:?}"),
    }
}

pub(super) async fn an_answer_is_kept_until_it_expires<B: Bench>(bench: &B) {
    let store = bench.store();
    let first = claim(&store, 0).await;
    assert_eq!(begin(&store, 1).await, Begun::Running(at(60)));
    assert_eq!(store.begin(SLOT, OTHER, at(1), LEASE).await.unwrap(), Begun::Reused);
    assert!(matches!(store.begin([9; 32], OTHER, at(1), LEASE).await.unwrap(), Begun::Run(_)));
    store.complete(first, b"done\x00\xff", at(100)).await.unwrap();
    assert!(matches!(store.complete(first, b"twice", at(200)).await, Err(Error::Fenced)));
    store.release(first).await.unwrap();
    assert_eq!(begin(&store, 99).await, Begun::Answered(b"done\x00\xff".to_vec()));
    assert_eq!(store.begin(SLOT, OTHER, at(99), LEASE).await.unwrap(), Begun::Reused);
    assert_eq!(store.clean(at(99), 10).await.unwrap(), 1);
    assert_eq!(store.clean(at(100), 10).await.unwrap(), 1);
    assert_eq!(store.clean(at(100), 10).await.unwrap(), 0);
    assert!(matches!(store.begin(SLOT, OTHER, at(100), LEASE).await.unwrap(), Begun::Run(_)));
    // What has expired is as good as deleted.
    assert!(matches!(begin(&store, 160).await, Begun::Run(_)));
}

pub(super) async fn a_lapsed_claim_is_fenced<B: Bench>(bench: &B) {
    let store = bench.store();
    let first = claim(&store, 0).await;
    let second = claim(&store, 60).await;
    assert_ne!(first.fence, second.fence);
    assert!(matches!(store.complete(first, b"late", at(100)).await, Err(Error::Fenced)));
    let late = bench.complete_in(first, b"late", at(100), true).await;
    assert!(matches!(late, Err(Error::Fenced)), "{late:?}");
    store.release(first).await.unwrap();
    assert_eq!(begin(&store, 61).await, Begun::Running(at(120)));
    store.complete(second, b"done", at(200)).await.unwrap();
    assert_eq!(begin(&store, 62).await, Begun::Answered(b"done".to_vec()));
}

pub(super) async fn a_released_claim_is_free<B: Bench>(bench: &B) {
    let store = bench.store();
    let first = claim(&store, 0).await;
    store.release(first).await.unwrap();
    let Begun::Run(second) = store.begin(SLOT, OTHER, at(0), LEASE).await.unwrap() else {
        panic!("it is free for another request too");
    };
    // The first one may not touch what is the second one's now.
    assert!(matches!(store.complete(first, b"late", at(9)).await, Err(Error::Fenced)));
    store.release(first).await.unwrap();
    store.complete(second, b"done", at(9)).await.unwrap();
}

pub(super) async fn an_answer_is_kept_with_its_transaction<B: Bench>(bench: &B) {
    let store = bench.store();
    let first = claim(&store, 0).await;
    assert!(bench.complete_in(first, b"undone", at(100), false).await.is_err());
    assert_eq!(begin(&store, 1).await, Begun::Running(at(60)));
    bench.complete_in(first, b"done", at(100), true).await.unwrap();
    store.release(first).await.unwrap();
    assert_eq!(begin(&store, 1).await, Begun::Answered(b"done".to_vec()));
    assert!(matches!(bench.complete_in(first, b"twice", at(100), true).await, Err(Error::Fenced)));
}

pub(super) async fn one_of_many_runs<B: Bench>(bench: &B) {
    for round in 0..4_i64 {
        // The first round finds nothing, later ones a claim that has lapsed.
        let callers: Vec<_> = (0..64)
            .map(|_| {
                let store = bench.store();
                tokio::spawn(async move { begin(&store, round * 60).await })
            })
            .collect();
        let mut claims = Vec::new();
        for caller in callers {
            match caller.await.unwrap() {
                Begun::Run(claim) => claims.push(claim),
                Begun::Running(_) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(claims.len(), 1, "in round {round}");
    }
}
