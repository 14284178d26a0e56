//! How a value that the process does not have is found.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::flight::{Flight, Outcome};
use super::handle::Inner;
#[cfg(feature = "redis")]
use super::l2::{Lease, Looked};

/// Takes part in a load. The last one who leaves it before it has ended takes it away.
pub(super) struct Joined<V> {
    pub(super) inner: Arc<Inner<V>>,
    pub(super) flight: Option<Arc<Flight<V>>>,
}

impl<V> Drop for Joined<V> {
    fn drop(&mut self) {
        if let Some(flight) = self.flight.take() {
            self.inner.local.leave(flight);
        }
    }
}

/// A value, and how long the process may keep it.
struct Filled<V> {
    value: Option<Arc<V>>,
    ttl: Option<Duration>,
}

#[cfg(feature = "redis")]
const POLL: crate::backoff::Backoff =
    crate::backoff::Backoff::new(Duration::from_millis(10), Duration::from_millis(50)).keeping_half();

impl<V: Serialize + DeserializeOwned + Send + Sync + 'static> Joined<V> {
    /// Runs the loader, or waits for who does.
    pub(super) async fn outcome<E: Into<crate::Error>>(
        self,
        load: impl AsyncLoad<V, E>,
    ) -> Result<Option<Arc<V>>, crate::Error> {
        // It is there until this is dropped.
        let Some(flight) = self.flight.clone() else { return Ok(None) };
        let turn = flight.turn.lock().await;
        if let Some(outcome) = flight.outcome.get() {
            let result = outcome.get();
            drop(turn);
            return result;
        }
        let inner = &self.inner;
        let result = inner.fill(&flight, load).await;
        let now = inner.clock.now();
        let (outcome, kept) = match result {
            Ok(filled) => {
                let value = filled.value;
                (Outcome::Value(value.clone()), filled.ttl.map(|ttl| (value, ttl)))
            }
            Err(error) => (Outcome::Failed(Arc::new(error)), None),
        };
        let ttl = kept.as_ref().map_or(Duration::ZERO, |(_, ttl)| *ttl);
        inner.local.land(&flight, kept.as_ref().map(|(value, _)| value), now, ttl);
        let result = outcome.get();
        // Nobody else has had the turn since it was found empty.
        let _ = flight.outcome.set(outcome);
        drop(turn);
        drop(flight);
        result
    }
}

/// A loader.
pub(super) trait AsyncLoad<V, E>: FnOnce() -> Self::Loading {
    type Loading: Future<Output = Result<Option<V>, E>>;
}

impl<V, E, F, L> AsyncLoad<V, E> for F
where
    F: FnOnce() -> L,
    L: Future<Output = Result<Option<V>, E>>,
{
    type Loading = L;
}

impl<V: Serialize + DeserializeOwned> Inner<V> {
    async fn fill<E: Into<crate::Error>>(
        &self,
        flight: &Flight<V>,
        load: impl AsyncLoad<V, E>,
    ) -> Result<Filled<V>, crate::Error> {
        #[cfg(feature = "redis")]
        let lease = match self.look(flight).await {
            Ok(filled) => return Ok(filled),
            Err(lease) => lease,
        };
        self.counts.loads.increment();
        let value = match load().await {
            Ok(value) => value.map(Arc::new),
            Err(error) => {
                self.counts.load_errors.increment();
                return Err(error.into());
            }
        };
        let ttl = if value.is_some() { self.ttl } else { self.negative_ttl };
        #[cfg(feature = "redis")]
        let is_refused = match lease {
            Some(lease) => store(lease, value.as_deref()).await == Some(false),
            None => false,
        };
        // Only Redis has seen more of it than its key.
        #[cfg(not(feature = "redis"))]
        let (is_refused, _) = (false, flight);
        let ttl = (!is_refused).then_some(ttl);
        Ok(Filled { value, ttl })
    }

    /// Looks in Redis, and waits for other nodes' loaders. Otherwise the caller has to load, with a lease if there
    /// is one.
    #[cfg(feature = "redis")]
    async fn look(&self, flight: &Flight<V>) -> Result<Filled<V>, Option<Lease>> {
        // Redis has what this node has invalidated without being able to say so.
        let Some(l2) = self.l2.as_ref().filter(|_| !self.owes()) else { return Err(None) };
        let deadline = tokio::time::Instant::now() + self.wait;
        let mut attempt = 0;
        loop {
            match l2.look(&flight.key, &flight.tags).await {
                Looked::Value(body, left) => {
                    let Ok(value) = body.map(|body| serde_json::from_slice(&body)).transpose() else {
                        self.counts.redis_misses.increment();
                        // It is of a form that this release cannot read, and stays for those that can.
                        return Err(None);
                    };
                    let value = value.map(Arc::new);
                    self.counts.redis_hits.increment();
                    let longest = if value.is_some() { self.ttl } else { self.negative_ttl };
                    return Ok(Filled { value, ttl: Some(left.min(longest)) });
                }
                Looked::Load(lease) => {
                    self.counts.redis_misses.increment();
                    return Err(Some(lease));
                }
                Looked::Busy if tokio::time::Instant::now() < deadline => {
                    attempt += 1;
                    tokio::time::sleep(POLL.wait(attempt)).await;
                }
                Looked::Busy | Looked::Down => return Err(None),
            }
        }
    }
}

#[cfg(feature = "redis")]
async fn store<V: Serialize>(lease: Lease, value: Option<&V>) -> Option<bool> {
    match value {
        None => lease.store(None).await,
        Some(value) => match serde_json::to_vec(value) {
            Ok(body) => lease.store(Some(&body)).await,
            Err(error) => {
                tracing::warn!(%error, "a value is no JSON, and is kept in the process alone");
                None
            }
        },
    }
}
