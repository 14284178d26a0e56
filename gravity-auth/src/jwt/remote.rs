//! [`RemoteKeys`]: the published keys of an issuer elsewhere.

mod config;
mod source;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use gravity_core::Timestamp;
use gravity_core::http::client::{Client, ClientError};
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

pub use config::RemoteKeysConfig;
use source::Source;

use super::{TokenError, Verifier, VerifyingKey};

/// The keys that an issuer publishes, fetched when they are needed, kept, and fetched again now and then.
/// Cheap to clone.
///
/// - They are fetched again every 5 minutes while they are used, beside the requests: none waits for it.
/// - A token that names an unknown key makes them be fetched at once, by one request for all that wait, and
///   not again within 30 s: tokens that are made up cost the issuer two requests a minute at most.
/// - While the issuer cannot be reached the keys at hand hold for a day, counted from when they were fetched.
///   After that, tokens cannot be checked ([`TokenError::KeysUnavailable`]). A key that the issuer takes away
///   is believed until the next time they are fetched; a document without a usable key replaces nothing.
///
/// It runs on a tokio runtime. Spans are set in [`RemoteKeysConfig`].
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use gravity_auth::jwt::{BearerTokens, RemoteKeys, RemoteKeysConfig, Verifier};
///
/// let keys = RemoteKeys::at("https://accounts.example.com/.well-known/jwks.json", RemoteKeysConfig::new())?;
/// let users = BearerTokens::remote(keys, Verifier::access_tokens("https://accounts.example.com", "api"));
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct RemoteKeys(Arc<Inner>);

struct Inner {
    source: Source,
    config: RemoteKeysConfig,
    fetched: RwLock<Option<Fetched>>,
    /// When a fetch last began. Held while one is under way, so that there is one at a time.
    tried: Mutex<Option<Timestamp>>,
}

#[derive(Clone)]
struct Fetched {
    keys: Arc<[VerifyingKey]>,
    at: Timestamp,
    /// Counts the fetches: two may have been at the same time by the clock.
    number: u64,
}

impl RemoteKeys {
    /// The keys at this address, `https` or, within one machine, `http`. Nothing is fetched yet.
    pub fn at(url: &str, config: RemoteKeysConfig) -> Result<Self, ClientError> {
        Ok(Self::of(Source::at(url)?, config))
    }

    /// The keys at a path of a service that is called with one's own settings.
    pub fn new(client: Client, path: &'static str, config: RemoteKeysConfig) -> Self {
        Self::of(Source::new(client, path), config)
    }

    fn of(source: Source, config: RemoteKeysConfig) -> Self {
        Self(Arc::new(Inner { source, config, fetched: RwLock::default(), tried: Mutex::new(None) }))
    }

    /// The claims of a token that one of the keys has signed. Keys that are no longer current, or unknown, are
    /// fetched first.
    pub async fn verify<C: DeserializeOwned>(
        &self,
        verifier: &Verifier,
        token: &str,
    ) -> Result<C, TokenError> {
        let Some(fetched) = self.usable() else {
            // Before anything is fetched, what is no token of this issuer's is refused.
            return match verifier.verify(token, &[][..]) {
                Err(TokenError::UnknownKey | TokenError::NoKeyId) => {
                    let fetched = self.fetch(None).await.ok_or(TokenError::KeysUnavailable)?;
                    verifier.verify(token, &*fetched.keys)
                }
                refused => refused,
            };
        };
        if self.is_older(fetched.at, self.0.config.refresh) {
            self.fetch_beside(fetched.number);
        }
        match verifier.verify(token, &*fetched.keys) {
            Err(TokenError::UnknownKey) => match self.fetch(Some(fetched.number)).await {
                Some(newer) => verifier.verify(token, &*newer.keys),
                None => Err(TokenError::UnknownKey),
            },
            outcome => outcome,
        }
    }

    /// How many keys are at hand, and when they were fetched.
    pub fn state(&self) -> Option<(usize, Timestamp)> {
        self.fetched().map(|fetched| (fetched.keys.len(), fetched.at))
    }

    fn fetched(&self) -> Option<Fetched> {
        self.0.fetched.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was fetched and is not too old to be believed.
    fn usable(&self) -> Option<Fetched> {
        self.fetched().filter(|fetched| !self.is_older(fetched.at, self.0.config.stale))
    }

    /// Whether a time is longer ago than this. One that lies in the future says that the clock was set back, and
    /// nothing of how long ago it was: it counts as old for fetching again, never for giving up.
    fn is_older(&self, at: Timestamp, span: std::time::Duration) -> bool {
        match self.0.config.clock.now().checked_since(at) {
            Some(age) => age > span,
            None => span < self.0.config.stale,
        }
    }

    /// Fetches the keys, unless somebody has since `seen`, or has tried a moment ago. `None` where there is
    /// nothing newer to be had.
    async fn fetch(&self, seen: Option<u64>) -> Option<Fetched> {
        let mut tried = self.0.tried.lock().await;
        let newer = || self.usable().filter(|fetched| seen != Some(fetched.number));
        if let Some(newer) = newer() {
            return Some(newer);
        }
        if self.is_too_soon(*tried) {
            return None;
        }
        *tried = Some(self.0.config.clock.now());
        // On a task of its own: who stops waiting does not stop the fetch, and cannot make it begin again.
        let this = self.clone();
        let outcome = tokio::spawn(async move { this.load().await }).await;
        if let Ok(Err(error)) = &outcome {
            tracing::warn!(
                error = error as &dyn std::error::Error,
                "the keys of an issuer could not be fetched"
            );
        }
        newer()
    }

    fn is_too_soon(&self, tried: Option<Timestamp>) -> bool {
        let config = &self.0.config;
        let pause = if self.usable().is_some() { config.pause } else { config.pause_without_keys };
        tried.and_then(|at| config.clock.now().checked_since(at)).is_some_and(|ago| ago < pause)
    }

    /// Fetches the keys for those who come later, unless that is under way or was tried a moment ago.
    fn fetch_beside(&self, seen: u64) {
        if self.0.tried.try_lock().is_ok_and(|tried| !self.is_too_soon(*tried)) {
            let this = self.clone();
            tokio::spawn(async move { this.fetch(Some(seen)).await.is_some() });
        }
    }

    async fn load(&self) -> Result<(), ClientError> {
        let keys = self.0.source.fetch().await?.verifying_keys();
        let keys: Vec<_> = keys.into_iter().map(VerifyingKey::remembering).collect();
        if keys.is_empty() {
            return Err(ClientError::Invalid(
                "the document holds no key that tokens can be verified with".into(),
            ));
        }
        let at = self.0.config.clock.now();
        let mut fetched = self.0.fetched.write().unwrap_or_else(PoisonError::into_inner);
        let number = fetched.as_ref().map_or(0, |before| before.number + 1);
        *fetched = Some(Fetched { keys: keys.into(), at, number });
        Ok(())
    }
}

impl fmt::Debug for RemoteKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteKeys").field("source", &self.0.source).field("state", &self.state()).finish()
    }
}
