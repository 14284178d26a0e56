//! The suite of a store of keys.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use gravity_core::security::envelope::Vault;
use gravity_core::security::{Key, KeyRing};
use gravity_core::{Clock, TestClock, Timestamp};
use tokio::sync::Barrier;

use crate::jwt::{KeyRow, KeySet, KeySetConfig, KeyStage, KeyStore};

/// How many nodes race.
const NODES: usize = 64;

/// Runs every scenario. The store may hold keys of others: each scenario has a set of its own. Clones are
/// handles to one store, and share what is kept; run it on a runtime with several threads.
///
/// # Panics
/// When the store does not keep the contract of [`KeyStore`].
pub async fn suite(store: impl KeyStore + Clone) {
    keys_come_back_as_they_were(&store).await;
    a_number_is_given_once(&store).await;
    of_many_that_begin_one_makes_the_key(&store).await;
    of_many_that_rotate_one_does(&store).await;
    of_many_that_withdraw_all_end_with_one_new_key(&store).await;
}

/// A set that no other scenario has heard of.
fn somewhere() -> String {
    Clock::system().uuid().to_string()
}

fn row(set: &str, generation: i64, id: &str) -> KeyRow {
    KeyRow {
        set: set.to_owned(),
        generation,
        id: id.to_owned(),
        algorithm: "EdDSA".to_owned(),
        sealed: vec![0, 255, 1],
        created_at: Timestamp::from_micros(1_800_000_000_123_456).unwrap(),
        active_from: Timestamp::from_micros(-1).unwrap(),
    }
}

async fn keys_come_back_as_they_were(store: &impl KeyStore) {
    let (set, other) = (somewhere(), somewhere());
    let rows = [row(&set, 2, "b"), row(&set, 10, "ä 'quoted'"), row(&set, i64::MAX, "c")];
    for row in rows.iter().rev() {
        assert!(store.add(row).await.unwrap());
    }
    assert!(store.add(&row(&other, 2, "b")).await.unwrap(), "sets are apart");
    assert_eq!(store.list(&set).await.unwrap(), rows);
    assert!(store.remove(&set, 10).await.unwrap());
    assert!(!store.remove(&set, 10).await.unwrap());
    assert!(!store.remove(&somewhere(), 2).await.unwrap());
    assert_eq!(store.list(&set).await.unwrap(), [rows[0].clone(), rows[2].clone()]);
    assert_eq!(store.list(&other).await.unwrap().len(), 1);
}

async fn a_number_is_given_once(store: &impl KeyStore) {
    let set = somewhere();
    assert!(store.add(&row(&set, 1, "a")).await.unwrap());
    assert!(!store.add(&row(&set, 1, "b")).await.unwrap());
    assert!(!store.add(&row(&set, 2, "a")).await.unwrap(), "a name is given once too");
    assert_eq!(store.list(&set).await.unwrap(), [row(&set, 1, "a")]);
}

/// Runs this for every node at the same time, on tasks of their own.
async fn race<T: Send + 'static, F: Future<Output = T> + Send + 'static>(node: impl Fn() -> F) -> Vec<T> {
    let start = Arc::new(Barrier::new(NODES));
    let nodes = (0..NODES).map(|_| {
        let (start, node) = (Arc::clone(&start), node());
        tokio::spawn(async move {
            start.wait().await;
            node.await
        })
    });
    join_all(nodes.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).collect()
}

struct Fixture {
    config: KeySetConfig,
    vault: Vault,
    clock: TestClock,
}

fn fixture() -> Fixture {
    let clock = TestClock::at(Timestamp::from_seconds(1_800_000_000).unwrap());
    let config = KeySetConfig::new(Duration::from_mins(15)).with_name(somewhere()).with_clock(clock.clock());
    Fixture { config, vault: Vault::local(&KeyRing::new(Key::generate("k").unwrap())), clock }
}

impl Fixture {
    fn open<S: KeyStore + Clone>(&self, store: &S) -> impl Future<Output = KeySet> + Send + 'static + use<S> {
        let (store, vault, config) = (store.clone(), self.vault.clone(), self.config.clone());
        async move { KeySet::open(store, vault, config).await.unwrap() }
    }
}

async fn of_many_that_begin_one_makes_the_key(store: &(impl KeyStore + Clone)) {
    let fixture = fixture();
    let nodes = race(|| fixture.open(store)).await;
    let first = nodes[0].stages();
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].2, KeyStage::Active);
    assert!(nodes.iter().all(|node| node.stages() == first));
}

async fn of_many_that_rotate_one_does(store: &(impl KeyStore + Clone)) {
    let fixture = fixture();
    let node = fixture.open(store).await;
    assert!(!node.maintain().await.unwrap());
    fixture.clock.advance(Duration::from_hours(30 * 24));
    let open = || {
        let node = fixture.open(store);
        async move { node.await.maintain().await.unwrap() }
    };
    let rotated = race(open).await;
    assert_eq!(rotated.iter().filter(|rotated| **rotated).count(), 1);
    node.refresh().await.unwrap();
    let stages: Vec<_> = node.stages().into_iter().map(|(.., stage)| stage).collect();
    assert_eq!(stages, [KeyStage::Active, KeyStage::Next]);
}

async fn of_many_that_withdraw_all_end_with_one_new_key(store: &(impl KeyStore + Clone)) {
    let fixture = fixture();
    let node = fixture.open(store).await;
    let stolen = node.active().unwrap().id().to_owned();
    let withdraw = || {
        let (node, id) = (fixture.open(store), stolen.clone());
        async move { node.await.withdraw(&id).await.unwrap() }
    };
    let withdrawn = race(withdraw).await;
    assert_eq!(withdrawn.iter().filter(|withdrawn| **withdrawn).count(), 1);
    node.refresh().await.unwrap();
    assert_eq!(node.stages().len(), 1);
    assert_ne!(node.active().unwrap().id(), stolen);
}
