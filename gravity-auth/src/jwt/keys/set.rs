//! [`KeySet`].

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use gravity_core::http::{Json, Tagged, WithHeaders};
use gravity_core::security::envelope::{ColumnContext, Vault};
use gravity_core::{SecretString, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use super::stages::{Place, stage};
use super::{KeyRow, KeySetConfig, KeySetError, KeyStage, KeyStore};
use crate::jwt::{Algorithm, Jwks, KeyLookup, Signer, SigningKey, TokenError, Verifier, VerifyingKey};

/// After a token that names an unknown key, how long the store is not asked for another such.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);

/// How often a change is tried again that other nodes were ahead of.
const ATTEMPTS: usize = 16;

/// The signing keys that all nodes share. Cheap to clone.
///
/// A key is published first (`Next`), signs when its time has come (`Active`), and verifies after it was
/// replaced until its last token has run out (`Retired`). The stages follow from the rows and the time, so
/// that nothing has to happen at the moment of the change and no token is refused for it. Rows are added
/// under a number that one node alone can take: of many that would rotate, one does.
///
/// Somebody calls [`run`](Self::run) on every node. A node that cannot reach the store goes on with the keys
/// that it has read.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use std::time::Duration;
/// use gravity_auth::jwt::{AccessClaims, KeySet, KeySetConfig, MemoryKeyStore, Verifier};
/// use gravity_core::security::{Key, KeyRing, envelope::Vault};
/// use gravity_core::{Clock, Subject};
///
/// let vault = Vault::local(&KeyRing::new(Key::generate("2026-01").unwrap()));
/// let lifetime = Duration::from_mins(15);
/// let keys = KeySet::open(MemoryKeyStore::default(), vault, KeySetConfig::new(lifetime)).await.unwrap();
///
/// let now = Clock::system().now();
/// let claims = AccessClaims::new("https://us", "api", Subject::from(42), "token 1", now, lifetime);
/// let token = keys.sign("at+jwt", &claims).unwrap();
///
/// let verifier = Verifier::access_tokens("https://us", "api");
/// let read: AccessClaims = keys.verify(&verifier, token.expose()).await.unwrap();
/// assert_eq!(read, claims);
/// # });
/// ```
#[derive(Clone)]
pub struct KeySet(Arc<Inner>);

struct Inner {
    store: Arc<dyn KeyStore>,
    vault: Vault,
    config: KeySetConfig,
    loaded: RwLock<Arc<Loaded>>,
    /// When the store was last asked because of an unknown key. Held while it is read.
    looked: Mutex<Option<Timestamp>>,
}

/// The keys as they were last read, by their generations.
#[derive(Default)]
struct Loaded {
    keys: Vec<SigningKey>,
    /// The same keys, as they verify.
    verifying: Vec<VerifyingKey>,
    places: Vec<Place>,
}

impl Loaded {
    fn stages(&self, now: Timestamp, keep: Duration) -> impl Iterator<Item = (&SigningKey, Place, KeyStage)> {
        let staged = move |(key, place): (_, &Place)| (key, *place, stage(*place, &self.places, now, keep));
        self.keys.iter().zip(&self.places).map(staged)
    }
}

/// The keys of a moment.
struct Moment<'a> {
    loaded: &'a Loaded,
    now: Timestamp,
    keep: Duration,
}

impl KeyLookup for Moment<'_> {
    fn find(&self, id: Option<&str>) -> Result<&VerifyingKey, TokenError> {
        let id = id.ok_or(TokenError::NoKeyId)?;
        let at = self.loaded.keys.iter().position(|key| key.id() == id).ok_or(TokenError::UnknownKey)?;
        // One whose time has not come is known here already, and signs on nodes whose clocks are ahead.
        match stage(self.loaded.places[at], &self.loaded.places, self.now, self.keep) {
            KeyStage::Spent => Err(TokenError::UnknownKey),
            _ => Ok(&self.loaded.verifying[at]),
        }
    }
}

impl KeySet {
    /// The keys in this store, sealed by this vault. Where there are none the first one is made; of many
    /// nodes that do so at the same time one makes it, and the others take that one.
    pub async fn open(store: impl KeyStore, vault: Vault, config: KeySetConfig) -> Result<Self, KeySetError> {
        let set = Self(Arc::new(Inner {
            store: Arc::new(store),
            vault,
            config,
            loaded: RwLock::default(),
            looked: Mutex::new(None),
        }));
        set.refresh().await?;
        if set.loaded().keys.is_empty() {
            let first = set.0.config.first.clone();
            set.add(first, 1, set.at_once()).await?;
            set.refresh().await?;
        }
        if set.loaded().keys.is_empty() { Err(KeySetError::NoKey) } else { Ok(set) }
    }

    /// A token of this type, signed by the active key.
    pub fn sign(&self, kind: &str, claims: &impl Serialize) -> Result<SecretString, KeySetError> {
        Ok(Signer::new(self.active()?, kind).sign(claims)?)
    }

    /// The claims of a token that one of the keys has signed.
    ///
    /// A token that names a key unknown here makes the node read the store again, once in 5 seconds at most:
    /// the key may be new.
    pub async fn verify<C: DeserializeOwned>(
        &self,
        verifier: &Verifier,
        token: &str,
    ) -> Result<C, TokenError> {
        match self.verify_loaded(verifier, token) {
            Err(TokenError::UnknownKey) if self.look_again().await => self.verify_loaded(verifier, token),
            outcome => outcome,
        }
    }

    fn verify_loaded<C: DeserializeOwned>(&self, verifier: &Verifier, token: &str) -> Result<C, TokenError> {
        let config = &self.0.config;
        let moment = Moment { loaded: &self.loaded(), now: config.clock.now(), keep: config.keep() };
        verifier.verify(token, &moment)
    }

    /// Reads the store again, unless that was done a moment ago. Says whether it is worth another look.
    async fn look_again(&self) -> bool {
        let asked = self.0.config.clock.now();
        let mut looked = self.0.looked.lock().await;
        // Set back, a clock shows a look in the future: then it is time for another.
        let recent = looked.and_then(|at| self.0.config.clock.now().checked_since(at));
        if recent.is_some_and(|since| since < BETWEEN_LOOKS) {
            // Somebody has looked while this one waited.
            return looked.is_some_and(|at| at >= asked);
        }
        *looked = Some(self.0.config.clock.now());
        match self.read().await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "signing keys could not be read again"
                );
                false
            }
        }
    }

    /// The key that signs now.
    pub fn active(&self) -> Result<SigningKey, KeySetError> {
        let (loaded, now) = (self.loaded(), self.0.config.clock.now());
        let mut staged = loaded.stages(now, self.0.config.keep());
        let active = staged.find(|(_, _, stage)| *stage == KeyStage::Active);
        active.map(|(key, ..)| key.clone()).ok_or(KeySetError::NoKey)
    }

    /// The name, algorithm and stage of each key, the oldest first.
    pub fn stages(&self) -> Vec<(String, Algorithm, KeyStage)> {
        let (loaded, now) = (self.loaded(), self.0.config.clock.now());
        let staged = loaded.stages(now, self.0.config.keep());
        staged.map(|(key, _, stage)| (key.id().to_owned(), key.algorithm(), stage)).collect()
    }

    /// What the tokens are signed by that hold now or soon, the oldest first, each once.
    pub fn algorithms(&self) -> Vec<Algorithm> {
        let live = self.stages().into_iter().filter(|(.., stage)| *stage != KeyStage::Spent);
        let mut algorithms = Vec::new();
        for (_, algorithm, _) in live {
            if !algorithms.contains(&algorithm) {
                algorithms.push(algorithm);
            }
        }
        algorithms
    }

    /// The document of the public keys, the next one included. Keys of HS256 are in none.
    pub fn jwks(&self) -> Jwks {
        let (loaded, now) = (self.loaded(), self.0.config.clock.now());
        let staged = loaded.stages(now, self.0.config.keep());
        Jwks::of(staged.filter(|(.., stage)| *stage != KeyStage::Spent).map(|(key, ..)| key.verifying_key()))
    }

    /// The answer of the route that publishes them. Caches may keep it for a quarter of the lead.
    pub fn jwks_answer(&self) -> Tagged<WithHeaders<Json<Jwks>>> {
        self.jwks().answer(self.0.config.max_age())
    }

    /// Reads the store.
    pub async fn refresh(&self) -> Result<(), KeySetError> {
        let _turn = self.0.looked.lock().await;
        self.read().await
    }

    /// One round of what has to be done now and then: reads the store, publishes the next key when the active
    /// one is about to have signed long enough, and removes keys whose last token has run out. Says whether
    /// this node has published a key. Keys of RS256 are not made here: there the next is that of the configuration,
    /// once it is another, or that of [`rotate_to`](Self::rotate_to).
    pub async fn maintain(&self) -> Result<bool, KeySetError> {
        self.refresh().await?;
        let config = &self.0.config;
        let (loaded, now) = (self.loaded(), config.clock.now());
        let newest = *loaded.places.last().ok_or(KeySetError::NoKey)?;
        let is_old = newest.active_from.saturating_add(config.rotation) <= now.saturating_add(config.lead);
        let is_other = loaded.keys.last().is_some_and(|key| key.algorithm() != config.algorithm);
        let given =
            config.first.as_ref().filter(|key| loaded.keys.iter().all(|known| known.id() != key.id()));
        let next = match config.algorithm {
            Algorithm::Rs256 => given.map(|key| Some(key.clone())),
            _ => (is_old || is_other).then_some(None),
        };
        let next = next.filter(|_| newest.active_from <= now);
        let rotates = next.is_some();
        let has_added = match next {
            Some(key) => self.add(key, newest.generation + 1, now.saturating_add(config.lead)).await?,
            None => false,
        };
        let mut changed = rotates;
        for (key, place, _) in
            loaded.stages(now, config.keep()).filter(|(.., stage)| *stage == KeyStage::Spent)
        {
            changed |= self.remove(place).await?;
            tracing::info!(key = key.id(), "a signing key was removed, for its last token has run out");
        }
        if changed {
            self.refresh().await?;
        }
        Ok(has_added)
    }

    /// Does what has to be done, every minute or as configured, for as long as it is polled. What fails is
    /// logged, and tried again in the next round.
    pub async fn run(&self) {
        loop {
            if let Err(error) = self.maintain().await {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "signing keys could not be maintained"
                );
            }
            self.0.config.clock.sleep(self.0.config.refresh).await;
        }
    }

    /// Publishes a new key, which signs after the lead. Says whether this node was the one to do so; `false`
    /// where another has done it at the same time.
    pub async fn rotate(&self) -> Result<bool, KeySetError> {
        self.publish(None).await
    }

    /// The same with a key that was made elsewhere.
    pub async fn rotate_to(&self, key: SigningKey) -> Result<bool, KeySetError> {
        self.publish(Some(key)).await
    }

    async fn publish(&self, key: Option<SigningKey>) -> Result<bool, KeySetError> {
        self.refresh().await?;
        let newest = self.loaded().places.last().map_or(0, |place| place.generation);
        let from = self.0.config.clock.now().saturating_add(self.0.config.lead);
        let added = self.add(key, newest + 1, from).await?;
        self.refresh().await?;
        Ok(added)
    }

    /// Takes a key away at once, because somebody else may have it: its tokens hold no more, here at once, on
    /// the other nodes within the time they refresh in, and elsewhere when caches of the document run out.
    /// Where it was to sign now or next, a new one signs at once. Says whether there was such a key.
    pub async fn withdraw(&self, id: &str) -> Result<bool, KeySetError> {
        self.withdraw_for(id, None).await
    }

    /// The same, with a key that was made elsewhere in its place.
    pub async fn withdraw_for(&self, id: &str, key: Option<SigningKey>) -> Result<bool, KeySetError> {
        for _ in 0..ATTEMPTS {
            self.refresh().await?;
            let (loaded, now) = (self.loaded(), self.0.config.clock.now());
            let Some(at) = loaded.keys.iter().position(|key| key.id() == id) else { return Ok(false) };
            let own = loaded.places[at];
            let is_replaced = |other: &Place| other.generation > own.generation && other.active_from <= now;
            if loaded.places.iter().any(is_replaced) {
                let removed = self.remove(own).await?;
                self.refresh().await?;
                return Ok(removed);
            }
            let newest = loaded.places.last().map_or(0, |place| place.generation);
            self.add(key.clone(), newest + 1, self.at_once()).await?;
        }
        Err(KeySetError::Contended)
    }

    /// A time that has come on every node, as far as their clocks may be apart.
    fn at_once(&self) -> Timestamp {
        self.0.config.clock.now().saturating_sub(self.0.config.skew)
    }

    fn loaded(&self) -> Arc<Loaded> {
        Arc::clone(&self.0.loaded.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn read(&self) -> Result<(), KeySetError> {
        let rows = self.0.store.list(&self.0.config.name).await.map_err(KeySetError::Store)?;
        let before = self.loaded();
        let mut loaded = Loaded::default();
        for row in rows {
            // Opening may ask a key management service; what was opened once need not be again.
            let mut known = before.keys.iter().zip(&before.verifying);
            let is_same = |key: &SigningKey| key.id() == row.id && key.algorithm().name() == row.algorithm;
            let (key, verifying) = if let Some((key, verifying)) = known.find(|(key, _)| is_same(key)) {
                (key.clone(), verifying.clone())
            } else {
                let key = self.unseal(&row).await?;
                let verifying = key.verifying_key().clone().remembering();
                (key, verifying)
            };
            loaded.keys.push(key);
            loaded.verifying.push(verifying);
            loaded.places.push(Place { generation: row.generation, active_from: row.active_from });
        }
        *self.0.loaded.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(loaded);
        Ok(())
    }

    async fn unseal(&self, row: &KeyRow) -> Result<SigningKey, KeySetError> {
        let algorithm =
            Algorithm::of_name(&row.algorithm).ok_or_else(|| KeySetError::Mismatch(row.id.clone()))?;
        let opened = self.0.vault.open(&place(row), &row.sealed).await;
        let document = opened.map_err(|source| KeySetError::Sealed { id: row.id.clone(), source })?;
        let key = SigningKey::from_document(algorithm, document.expose())?;
        if key.id() == row.id { Ok(key) } else { Err(KeySetError::Mismatch(row.id.clone())) }
    }

    /// Adds a key, or a new one, unless another node has taken this number.
    async fn add(
        &self,
        key: Option<SigningKey>,
        generation: i64,
        active_from: Timestamp,
    ) -> Result<bool, KeySetError> {
        let config = &self.0.config;
        let key = key.map_or_else(|| SigningKey::generate(config.algorithm), Ok)?;
        let mut row = KeyRow {
            set: config.name.to_string(),
            generation,
            id: key.id().to_owned(),
            algorithm: key.algorithm().name().to_owned(),
            sealed: Vec::new(),
            created_at: config.clock.now(),
            active_from,
        };
        let sealed = self.0.vault.seal(&place(&row), key.document()).await;
        row.sealed = sealed.map_err(|source| KeySetError::Sealed { id: row.id.clone(), source })?;
        let added = self.0.store.add(&row).await.map_err(KeySetError::Store)?;
        if added {
            tracing::info!(key = row.id, set = row.set, generation, from = %active_from, "a signing key was added");
        }
        Ok(added)
    }

    async fn remove(&self, place: Place) -> Result<bool, KeySetError> {
        self.0.store.remove(&self.0.config.name, place.generation).await.map_err(KeySetError::Store)
    }
}

/// Where a sealed key belongs: nobody who can write to the table gets another key used in its place.
fn place(row: &KeyRow) -> ColumnContext {
    let KeyRow { set, generation, id, algorithm, .. } = row;
    ColumnContext::new("auth_keys", "sealed", format!("{set}\0{generation}\0{algorithm}\0{id}"))
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet").field("name", &self.0.config.name).field("keys", &self.stages()).finish()
    }
}
