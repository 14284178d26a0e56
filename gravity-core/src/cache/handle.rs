//! [`Cache`]: the handle.

use std::fmt;
use std::marker::PhantomData;
#[cfg(feature = "redis")]
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use uuid::Uuid;

use super::counts::Counts;
use super::fill::Joined;
use super::key::kept;
#[cfg(feature = "redis")]
use super::l2::L2;
use super::local::{Found, Local};
use super::message::Message;
use super::{CacheConfig, CacheKey};
use crate::Clock;
use crate::broadcast::Broadcast;

/// A cache of values of one type, found by keys of one type. A clone is another handle to the same.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), gravity_core::Error> {
/// use gravity_core::cache::{Cache, CacheConfig};
///
/// let names = Cache::<str, String>::new(CacheConfig::new("names"))?;
/// let load = || async { Ok::<_, gravity_core::Error>(Some("Ada".to_owned())) };
/// assert_eq!(names.get_or_load("user_1", load).await?.as_deref().map(String::as_str), Some("Ada"));
///
/// // It is found now, and the loader is not asked.
/// let never = || async { unreachable!() as Result<_, gravity_core::Error> };
/// assert!(names.get_or_load("user_1", never).await?.is_some());
///
/// // … change the user …
/// names.invalidate("user_1").await;
/// # Ok(())
/// # }
/// ```
pub struct Cache<K: ?Sized, V> {
    inner: Arc<Inner<V>>,
    key: PhantomData<fn(&K)>,
}

pub(super) struct Inner<V> {
    pub(super) local: Local<V>,
    #[cfg(feature = "redis")]
    pub(super) l2: Option<Arc<L2>>,
    pub(super) broadcast: Option<Arc<dyn Broadcast>>,
    pub(super) topic: String,
    /// What other handles know it by.
    pub(super) id: Uuid,
    pub(super) clock: Clock,
    pub(super) counts: Counts,
    pub(super) ttl: Duration,
    pub(super) negative_ttl: Duration,
    #[cfg(feature = "redis")]
    pub(super) wait: Duration,
    /// What other nodes have not been told yet.
    pub(super) owed: Mutex<Vec<Message>>,
    pub(super) is_listening: watch::Sender<bool>,
    pub(super) listening: OnceLock<AbortHandle>,
}

impl<K: CacheKey + ?Sized, V: Serialize + DeserializeOwned + Send + Sync + 'static> Cache<K, V> {
    /// A cache with nothing in the process. With a broadcast it has to be made inside a runtime, in which it
    /// then listens.
    pub fn new(config: CacheConfig) -> Result<Self, crate::Error> {
        let is_name = (1..=64).contains(&config.name.len())
            && config
                .name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.".contains(&byte));
        if !is_name {
            let reason = "the name of a cache has 1 to 64 of `a` to `z`, `0` to `9`, `_`, `-`, `.`";
            return Err(crate::Error::internal(reason));
        }
        let counts = Counts::new(&config.metrics, &config.name);
        let inner = Arc::new(Inner {
            local: Local::new(config.entries, config.stale),
            #[cfg(feature = "redis")]
            l2: config
                .redis
                .clone()
                .map(|redis| Arc::new(L2::new(redis, &config, counts.redis_errors.clone()))),
            broadcast: config.broadcast,
            topic: format!("cache.{}", config.name),
            id: Uuid::now_v7(),
            clock: config.clock,
            counts,
            ttl: config.ttl,
            negative_ttl: config.negative_ttl,
            #[cfg(feature = "redis")]
            wait: config.wait,
            owed: Mutex::default(),
            is_listening: watch::Sender::new(false),
            listening: OnceLock::new(),
        });
        super::listen::start(&inner);
        Ok(Self { inner, key: PhantomData })
    }

    /// The value of a key: the one that is kept, or else the loader's, which is kept then. `None` is kept too,
    /// for a shorter time.
    ///
    /// Of many callers one runs its loader, and the others wait for what it says. An error is told to all who
    /// wait, and not kept. When the one who loads is dropped or panics, another one takes over.
    pub async fn get_or_load<F, L, E>(&self, key: &K, load: F) -> Result<Option<Arc<V>>, crate::Error>
    where
        F: FnOnce() -> L,
        L: Future<Output = Result<Option<V>, E>>,
        E: Into<crate::Error>,
    {
        self.get_or_load_tagged(key, &[], load).await
    }

    /// As [`Cache::get_or_load`], with tags by which the value can be invalidated. A key has to have the same
    /// tags whoever asks for it.
    pub async fn get_or_load_tagged<F, L, E>(
        &self,
        key: &K,
        tags: &[&str],
        load: F,
    ) -> Result<Option<Arc<V>>, crate::Error>
    where
        F: FnOnce() -> L,
        L: Future<Output = Result<Option<V>, E>>,
        E: Into<crate::Error>,
    {
        let key = kept(key);
        if let Found::Fresh(value) = self.inner.local.find(&key, self.inner.clock.now()) {
            self.inner.counts.hits.increment();
            return Ok(value);
        }
        self.inner.counts.misses.increment();
        let joined = self.join(&key, tags);
        // Who loaded it may have ended between the look and the joining.
        if let Found::Fresh(value) = self.inner.local.find(&key, self.inner.clock.now()) {
            return Ok(value);
        }
        // On the heap, so that the futures of those who call this stay small.
        Box::pin(joined.outcome(load)).await
    }

    /// As [`Cache::get_or_load_tagged`], but for a while after an entry's time
    /// ([`CacheConfig::with_stale`]) it is still served, and one loader runs in the background.
    pub async fn get_or_revalidate<F, L, E>(
        &self,
        key: &K,
        tags: &[&str],
        load: F,
    ) -> Result<Option<Arc<V>>, crate::Error>
    where
        F: FnOnce() -> L + Send + 'static,
        L: Future<Output = Result<Option<V>, E>> + Send + 'static,
        E: Into<crate::Error> + Send + 'static,
    {
        let kept = kept(key);
        let Found::Stale(value) = self.inner.local.find(&kept, self.inner.clock.now()) else {
            return self.get_or_load_tagged(key, tags, load).await;
        };
        self.inner.counts.stale.increment();
        let joined = self.join(&kept, tags);
        let is_first =
            joined.flight.as_ref().is_some_and(|flight| !flight.is_revalidated.swap(true, Ordering::Relaxed));
        if is_first {
            tokio::spawn(async move {
                if let Err(error) = joined.outcome(load).await {
                    tracing::warn!(%error, "a value was not loaded anew, and is served past its time");
                }
            });
        }
        Ok(value)
    }

    /// Forgets a key, on every node. Call it after the change was committed.
    ///
    /// This node has forgotten it when this returns, and a load that began before leaves nothing behind. When
    /// Redis or the broadcast fails, they are told later, for as long as this process lives; until then this
    /// node uses its own level alone, and what others have lasts no longer than its time.
    pub async fn invalidate(&self, key: &K) {
        self.inner.invalidate(Message::Key(kept(key).into_owned())).await;
    }

    /// Forgets all entries with a tag, as [`Cache::invalidate`] does. It takes the same time however many there
    /// are.
    pub async fn invalidate_tag(&self, tag: &str) {
        self.inner.invalidate(Message::Tag(tag.to_owned())).await;
    }

    /// Forgets all entries, as [`Cache::invalidate`] does.
    pub async fn invalidate_all(&self) {
        self.inner.invalidate(Message::All).await;
    }

    /// Waits until the cache hears what other nodes invalidate. Without a broadcast it does not wait.
    pub async fn listening(&self) {
        if self.inner.broadcast.is_some() {
            // The sender lives as long as this handle.
            let _ = self.inner.is_listening.subscribe().wait_for(|is_listening| *is_listening).await;
        }
    }

    fn join(&self, key: &str, tags: &[&str]) -> Joined<V> {
        let tags: Vec<Arc<str>> = tags.iter().map(|tag| Arc::from(*tag)).collect();
        Joined { inner: self.inner.clone(), flight: Some(self.inner.local.join(key, &tags)) }
    }
}

#[cfg(feature = "redis")]
impl<V> Inner<V> {
    pub(super) fn owes(&self) -> bool {
        !self.owed.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

impl<V> Drop for Inner<V> {
    fn drop(&mut self) {
        if let Some(listening) = self.listening.get() {
            listening.abort();
        }
    }
}

impl<K: ?Sized, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), key: PhantomData }
    }
}

impl<K: ?Sized, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("topic", &self.inner.topic).finish_non_exhaustive()
    }
}
