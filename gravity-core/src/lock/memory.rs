//! [`MemoryLocks`]: within one process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use super::Lease;
use super::{Error, LockStore};
use crate::{Clock, Timestamp};

/// Locks within one process, for tests and for applications of one node. A clone is another handle to them.
#[derive(Debug, Clone)]
pub struct MemoryLocks {
    clock: Clock,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    token: i64,
    held: HashMap<String, Held>,
}

#[derive(Debug)]
struct Held {
    holder: Uuid,
    until: Timestamp,
}

impl MemoryLocks {
    /// No locks yet, whose leases end by this clock.
    pub fn new(clock: Clock) -> Self {
        Self { clock, state: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl LockStore for MemoryLocks {
    async fn take(&self, name: &str, holder: Uuid, ttl: Duration) -> Result<Option<i64>, Error> {
        let now = self.clock.now();
        let mut state = self.state();
        if state.held.get(name).is_some_and(|held| held.until > now) {
            return Ok(None);
        }
        // One count for all names, so that a lock which nobody holds needs no memory.
        state.token += 1;
        state.held.insert(name.to_owned(), Held { holder, until: now.saturating_add(ttl) });
        Ok(Some(state.token))
    }

    async fn renew(&self, name: &str, holder: Uuid, ttl: Duration) -> Result<bool, Error> {
        let until = self.clock.now().saturating_add(ttl);
        let mut state = self.state();
        let held = state.held.get_mut(name).filter(|held| held.holder == holder);
        Ok(held.map(|held| held.until = until).is_some())
    }

    async fn release(&self, name: &str, holder: Uuid) -> Result<bool, Error> {
        let mut state = self.state();
        let is_held = state.held.get(name).is_some_and(|held| held.holder == holder);
        if is_held {
            state.held.remove(name);
        }
        Ok(is_held)
    }

    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    async fn check_in(&self, tx: &mut crate::db::Tx<'_>, lease: &Lease) -> Result<bool, Error> {
        super::fence::raise(tx, lease).await
    }
}
