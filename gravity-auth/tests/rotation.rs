//! Keys that replace each other, seen from several nodes.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod forge;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use forge::{NOW, RSA};
use gravity_auth::jwt::{
    AccessClaims, Algorithm, KeyRow, KeySet, KeySetConfig, KeySetError, KeyStage, KeyStore, MemoryKeyStore,
    SigningKey, TokenError, Verifier,
};
use gravity_core::security::envelope::Vault;
use gravity_core::security::{Key, KeyRing};
use gravity_core::{Clock, Error, Subject, TestClock, Timestamp};

const LIFETIME: Duration = Duration::from_mins(15);
const MONTH: Duration = Duration::from_hours(30 * 24);
const HOUR: Duration = Duration::from_hours(1);

/// Counts how often it is read.
#[derive(Clone, Default)]
struct Counted {
    store: MemoryKeyStore,
    reads: Arc<AtomicUsize>,
}

#[async_trait]
impl KeyStore for Counted {
    async fn list(&self, set: &str) -> Result<Vec<KeyRow>, Error> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.store.list(set).await
    }

    async fn add(&self, row: &KeyRow) -> Result<bool, Error> {
        self.store.add(row).await
    }

    async fn remove(&self, set: &str, generation: i64) -> Result<bool, Error> {
        self.store.remove(set, generation).await
    }
}

struct Cluster {
    store: Counted,
    vault: Vault,
    clock: TestClock,
}

impl Cluster {
    fn new() -> Self {
        Self {
            store: Counted::default(),
            vault: Vault::local(&KeyRing::new(Key::generate("k").unwrap())),
            clock: TestClock::at(Timestamp::from_seconds(NOW).unwrap()),
        }
    }

    fn config(&self) -> KeySetConfig {
        KeySetConfig::new(LIFETIME).with_clock(self.clock.clock())
    }

    async fn node(&self) -> KeySet {
        self.node_with(self.config()).await
    }

    async fn node_with(&self, config: KeySetConfig) -> KeySet {
        KeySet::open(self.store.clone(), self.vault.clone(), config).await.unwrap()
    }

    fn verifier(&self) -> Verifier {
        Verifier::access_tokens("https://us", "api").with_clock(self.clock.clock())
    }

    fn token(&self, node: &KeySet) -> String {
        token(node, &self.clock.clock())
    }
}

fn token(node: &KeySet, clock: &Clock) -> String {
    let claims = AccessClaims::new("https://us", "api", Subject::from(42), "t", clock.now(), LIFETIME);
    node.sign("at+jwt", &claims).unwrap().expose().clone()
}

fn stages(node: &KeySet) -> Vec<KeyStage> {
    node.stages().into_iter().map(|(.., stage)| stage).collect()
}

/// Whoever signs by another algorithm from now on publishes a key for it at once, which signs after the lead; tokens of
/// before hold until they have run out, and so they do when it goes back.
#[tokio::test]
async fn another_algorithm_follows_without_a_refused_token() {
    let cluster = Cluster::new();
    let rsa = || SigningKey::from_pem(&RSA.into()).unwrap();
    let steps = [
        (Algorithm::EdDsa, None),
        (Algorithm::Es256, None),
        (Algorithm::Rs256, Some(rsa())),
        (Algorithm::Hs256, None),
        (Algorithm::EdDsa, None),
    ];
    let mut before = None;
    for (algorithm, key) in steps {
        let config = cluster.config().with_algorithm(algorithm);
        let config = match key {
            Some(key) => config.with_first_key(key),
            None => config,
        };
        let node = cluster.node_with(config).await;
        assert_eq!(node.maintain().await.unwrap(), before.is_some(), "{algorithm}");
        assert!(!node.maintain().await.unwrap(), "{algorithm}: once");
        cluster.clock.advance(Duration::from_mins(59));
        let held = cluster.token(&node);
        assert_eq!(node.active().unwrap().algorithm(), before.unwrap_or(algorithm));
        cluster.clock.advance(Duration::from_mins(1));
        assert!(!node.maintain().await.unwrap());
        assert_eq!(node.active().unwrap().algorithm(), algorithm);
        for token in [held, cluster.token(&node)] {
            let _: AccessClaims = node.verify(&cluster.verifier(), &token).await.unwrap();
        }
        assert!(node.jwks().keys.iter().all(|key| key.kty != "oct"));
        cluster.clock.advance(HOUR);
        node.maintain().await.unwrap();
        assert_eq!(node.algorithms(), [algorithm], "what is spent is gone");
        before = Some(algorithm);
    }
}

/// A node that looks at the store often and one that does so seldom sign and verify through a day and a half
/// of rotations: no token is refused, and what is published ahead is what signs later.
#[tokio::test]
async fn no_token_is_refused_while_keys_change() {
    let cluster = Cluster::new();
    let config = cluster.config().with_rotation(Duration::from_hours(6));
    let (busy, lazy) = (cluster.node_with(config.clone()).await, cluster.node_with(config).await);
    let verifier = cluster.verifier();
    let (mut held, mut signers) = (Vec::new(), std::collections::BTreeSet::new());
    let mut published: Vec<(Timestamp, Vec<String>)> = Vec::new();
    for minute in (0..35 * 60_u32).step_by(3) {
        busy.maintain().await.unwrap();
        if minute % 7 == 0 {
            lazy.refresh().await.unwrap();
        }
        let now = cluster.clock.now();
        let ids =
            |node: &KeySet| node.jwks().keys.into_iter().map(|key| key.kid.unwrap()).collect::<Vec<_>>();
        published.push((now, ids(&busy)));
        for node in [&busy, &lazy] {
            let signer = node.active().unwrap();
            // Whoever fetched the document up to a quarter of an hour ago knows the key.
            let known = published.iter().rev().take_while(|(at, _)| at.saturating_add(LIFETIME) >= now);
            assert!(known.into_iter().all(|(_, ids)| ids.iter().any(|id| id == signer.id())));
            signers.insert(signer.id().to_owned());
            held.push((now.saturating_add(LIFETIME), cluster.token(node)));
        }
        held.retain(|(until, _)| *until > now);
        for (_, token) in held.iter().step_by(5).chain(held.last()) {
            busy.verify::<AccessClaims>(&verifier, token).await.unwrap();
            lazy.verify::<AccessClaims>(&verifier, token).await.unwrap();
        }
        cluster.clock.advance(Duration::from_mins(3));
    }
    assert_eq!(signers.len(), 6);
    assert!(stages(&busy).len() <= 3, "spent keys are removed: {:?}", busy.stages());
}

#[tokio::test]
async fn a_key_goes_from_next_to_gone() {
    let cluster = Cluster::new();
    let node = cluster.node().await;
    let old = cluster.token(&node);
    cluster.clock.advance(MONTH);
    assert!(node.maintain().await.unwrap());
    assert!(!node.maintain().await.unwrap(), "once is enough");
    assert_eq!(stages(&node), [KeyStage::Active, KeyStage::Next]);
    assert_eq!(node.jwks().keys.len(), 2);
    cluster.clock.advance(HOUR);
    assert_eq!(stages(&node), [KeyStage::Retired, KeyStage::Active]);
    // 15 minutes of tokens, a minute to hear of it, twice 5 minutes of skew.
    cluster.clock.advance(Duration::from_mins(26));
    assert_eq!(stages(&node), [KeyStage::Retired, KeyStage::Active]);
    cluster.clock.advance(Duration::from_micros(1));
    assert_eq!(stages(&node), [KeyStage::Spent, KeyStage::Active]);
    assert_eq!(node.jwks().keys.len(), 1);
    let refused = node.verify::<AccessClaims>(&cluster.verifier(), &old).await.unwrap_err();
    assert_eq!(refused, TokenError::UnknownKey);
    node.maintain().await.unwrap();
    assert_eq!(cluster.store.list("access").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_withdrawn_key_is_believed_no_more() {
    let cluster = Cluster::new();
    let (node, other) = (cluster.node().await, cluster.node().await);
    assert!(node.rotate().await.unwrap());
    let (token, stolen) = (cluster.token(&node), node.active().unwrap());
    node.verify::<AccessClaims>(&cluster.verifier(), &token).await.unwrap();
    assert!(node.withdraw(stolen.id()).await.unwrap());
    assert!(!node.withdraw(stolen.id()).await.unwrap());
    assert!(!node.withdraw("nobody").await.unwrap());
    assert_ne!(node.active().unwrap().id(), stolen.id());
    let verifier = cluster.verifier();
    assert_eq!(node.verify::<AccessClaims>(&verifier, &token).await.unwrap_err(), TokenError::UnknownKey);
    // The other node hears of it when it looks, at the latest a minute later.
    other.verify::<AccessClaims>(&verifier, &token).await.unwrap();
    other.refresh().await.unwrap();
    assert_eq!(other.verify::<AccessClaims>(&verifier, &token).await.unwrap_err(), TokenError::UnknownKey);
    // The key that was to be next, and never signed.
    node.rotate().await.unwrap();
    let next = node.stages().into_iter().find(|(.., stage)| *stage == KeyStage::Next).unwrap().0;
    assert!(node.withdraw(&next).await.unwrap());
    assert!(node.stages().iter().all(|(id, ..)| *id != next));
}

/// A node remembers which signatures were good, and nothing else.
#[tokio::test]
async fn a_token_that_was_good_is_looked_at_again() {
    let cluster = Cluster::new();
    let node = cluster.node().await;
    let (token, verifier) = (cluster.token(&node), cluster.verifier());
    let verify = async |verifier: &Verifier, token: &str| node.verify::<AccessClaims>(verifier, token).await;
    let first = verify(&verifier, &token).await.unwrap();
    assert_eq!(verify(&verifier, &token).await.unwrap(), first);
    let (signed, signature) = token.rsplit_once('.').unwrap();
    cluster.clock.advance(Duration::from_secs(1));
    let (_, of_another) =
        cluster.token(&node).rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert_ne!(signature, of_another);
    let forged = format!("{signed}.{of_another}");
    for _ in 0..2 {
        assert_eq!(verify(&verifier, &forged).await.unwrap_err(), TokenError::Signature);
    }
    let elsewhere = Verifier::access_tokens("https://elsewhere.example", "api");
    assert_eq!(verify(&elsewhere, &token).await.unwrap_err(), TokenError::Issuer);
    cluster.clock.advance(Duration::from_hours(1));
    assert_eq!(verify(&verifier, &token).await.unwrap_err(), TokenError::Expired);
}

#[tokio::test]
async fn an_unknown_key_costs_one_look_in_five_seconds() {
    let cluster = Cluster::new();
    let (node, other) = (cluster.node().await, cluster.node().await);
    let verifier = cluster.verifier();
    // A new key that signs at once is found by the tokens that name it.
    other.withdraw(other.active().unwrap().id()).await.unwrap();
    node.verify::<AccessClaims>(&verifier, &cluster.token(&other)).await.unwrap();
    let reads = cluster.store.reads.load(Ordering::SeqCst);
    for _ in 0..1_000 {
        let made_up = forge::Forge::stranger().token();
        let refused = node.verify::<AccessClaims>(&verifier, &made_up).await.unwrap_err();
        assert_eq!(refused, TokenError::UnknownKey);
    }
    assert_eq!(cluster.store.reads.load(Ordering::SeqCst), reads);
    cluster.clock.advance(Duration::from_secs(5));
    node.verify::<AccessClaims>(&verifier, &forge::Forge::stranger().token()).await.unwrap_err();
    assert_eq!(cluster.store.reads.load(Ordering::SeqCst), reads + 1);
    // A clock that is set back does not keep it from looking.
    cluster.clock.set(Timestamp::from_seconds(NOW - 100_000).unwrap());
    node.verify::<AccessClaims>(&verifier, &forge::Forge::stranger().token()).await.unwrap_err();
    assert_eq!(cluster.store.reads.load(Ordering::SeqCst), reads + 2);
}

#[tokio::test]
async fn a_node_whose_clock_is_a_year_ahead_does_not_stop_the_others() {
    let cluster = Cluster::new();
    let node = cluster.node().await;
    let ahead = TestClock::at(cluster.clock.now().saturating_add(12 * MONTH));
    let config = cluster.config().with_clock(ahead.clock());
    let wrong = cluster.node_with(config).await;
    for _ in 0..5 {
        wrong.maintain().await.unwrap();
        ahead.advance(HOUR);
    }
    node.refresh().await.unwrap();
    let token = cluster.token(&node);
    node.verify::<AccessClaims>(&cluster.verifier(), &token).await.unwrap();
    assert_eq!(stages(&node).iter().filter(|stage| **stage == KeyStage::Active).count(), 1);
}

#[tokio::test]
async fn keys_in_the_store_are_worth_nothing_to_others() {
    let cluster = Cluster::new();
    let node = cluster.node().await;
    let id = node.active().unwrap().id().to_owned();
    let row = cluster.store.list("access").await.unwrap().remove(0);
    let other_vault = Vault::local(&KeyRing::new(Key::generate("k").unwrap()));
    let opened = KeySet::open(cluster.store.clone(), other_vault, cluster.config()).await;
    assert!(matches!(opened.unwrap_err(), KeySetError::Sealed { id: named, .. } if named == id));
    // A sealed key does not open in another's place.
    for moved in [
        KeyRow { set: "other".into(), ..row.clone() },
        KeyRow { generation: 2, id: format!("{id}x"), ..row.clone() },
    ] {
        let store = MemoryKeyStore::default();
        assert!(store.add(&moved).await.unwrap());
        let config = cluster.config().with_name(moved.set.as_str());
        let opened = KeySet::open(store, cluster.vault.clone(), config).await;
        assert!(matches!(opened.unwrap_err(), KeySetError::Sealed { .. }));
    }
    // What was read before goes on while the store holds nonsense.
    let nonsense = KeyRow { generation: 9, id: "x".into(), sealed: vec![1, 2, 3], ..row };
    assert!(cluster.store.add(&nonsense).await.unwrap());
    assert!(node.refresh().await.is_err());
    assert_eq!(node.active().unwrap().id(), id);
}

#[tokio::test]
async fn secrets_and_keys_made_elsewhere_take_part() {
    let cluster = Cluster::new();
    let rsa = SigningKey::from_pem(&RSA.into()).unwrap();
    let config = cluster.config().with_algorithm(Algorithm::Rs256).with_first_key(rsa.clone());
    let node = cluster.node_with(config).await;
    assert_eq!(node.active().unwrap().id(), rsa.id());
    cluster.clock.advance(2 * MONTH);
    assert!(!node.maintain().await.unwrap(), "nobody makes RSA keys here");
    assert!(matches!(node.rotate().await.unwrap_err(), KeySetError::Key(_)));
    let secret = SigningKey::generate(Algorithm::Hs256).unwrap();
    assert!(node.rotate_to(secret.clone()).await.unwrap());
    assert!(!node.rotate_to(secret).await.unwrap(), "a key is there once");
    cluster.clock.advance(HOUR);
    assert_eq!(node.active().unwrap().algorithm(), Algorithm::Hs256);
    let token = cluster.token(&node);
    node.verify::<AccessClaims>(&cluster.verifier(), &token).await.unwrap();
    let again = cluster.node().await;
    again.verify::<AccessClaims>(&cluster.verifier(), &token).await.unwrap();
    let published = serde_json::to_string(&node.jwks()).unwrap();
    assert!(published.contains(rsa.id()) && !published.contains("oct") && node.jwks().keys.len() == 1);
    for private in ["\"d\"", "\"p\"", "\"q\"", "\"k\"", "\"dp\""] {
        assert!(!published.contains(private), "{private}");
    }
}

#[tokio::test]
async fn run_goes_on_until_it_is_dropped() {
    let cluster = Cluster::new();
    let node = cluster.node().await;
    let running = tokio::spawn({
        let node = node.clone();
        async move { node.run().await }
    });
    cluster.clock.wait_for_sleepers(1).await;
    cluster.clock.advance(MONTH);
    cluster.clock.wait_for_sleepers(1).await;
    assert_eq!(stages(&node), [KeyStage::Active, KeyStage::Next]);
    running.abort();
}
