//! [`Locks`]: gets locks.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::guard::Guard;
use super::metrics::Counters;
use super::{Error, Lease, LockStore};
use crate::Metrics;
use crate::backoff::Backoff;

/// How long those who wait do so between attempts.
const WAIT: Backoff = Backoff::new(Duration::from_millis(5), Duration::from_millis(100));

/// Gets locks. A clone is another handle to the same.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), gravity_core::lock::Error> {
/// use std::time::Duration;
/// use gravity_core::Clock;
/// use gravity_core::lock::{Locks, MemoryLocks};
///
/// let locks = Locks::new(MemoryLocks::new(Clock::system()));
/// let guard = locks.acquire("report.daily", Duration::from_secs(30)).await?;
/// assert!(locks.try_acquire("report.daily", Duration::from_secs(30)).await?.is_none());
/// guard.release().await?;
/// assert!(locks.try_acquire("report.daily", Duration::from_secs(30)).await?.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Locks {
    store: Arc<dyn LockStore>,
    counters: Arc<Counters>,
}

impl Locks {
    /// Locks that are kept in this store.
    pub fn new(store: impl LockStore) -> Self {
        Self { store: Arc::new(store), counters: Arc::new(Counters::new(&Metrics::new())) }
    }

    /// Counts in `locks_acquired_total`, `locks_taken_total` (those not got), `locks_lost_total`, and measures
    /// `locks_wait_seconds`.
    pub fn with_metrics(mut self, metrics: &Metrics) -> Self {
        self.counters = Arc::new(Counters::new(metrics));
        self
    }

    /// Gets the lock if nobody has it.
    ///
    /// The lease is renewed while the guard lives, and ends after `ttl` when this process dies. Names have 1 to
    /// 255 characters, none of them a control character; a lease lasts from 10 ms to a day.
    pub async fn try_acquire(&self, name: &str, ttl: Duration) -> Result<Option<Guard>, Error> {
        check(name, ttl)?;
        let guard = self.attempt(name, ttl).await?;
        let count = if guard.is_some() { &self.counters.acquired } else { &self.counters.taken };
        count.increment();
        Ok(guard)
    }

    /// Gets the lock, and waits for it as long as it takes. Those who wait have about the same chance.
    pub async fn acquire(&self, name: &str, ttl: Duration) -> Result<Guard, Error> {
        self.acquire_before(name, ttl, None).await
    }

    /// Gets the lock, and waits for it no longer than `wait`; then it fails with [`Error::Taken`].
    pub async fn acquire_within(&self, name: &str, ttl: Duration, wait: Duration) -> Result<Guard, Error> {
        self.acquire_before(name, ttl, Some(Instant::now() + wait)).await
    }

    async fn acquire_before(
        &self,
        name: &str,
        ttl: Duration,
        deadline: Option<Instant>,
    ) -> Result<Guard, Error> {
        check(name, ttl)?;
        let began = Instant::now();
        let mut attempt = 0;
        loop {
            if let Some(guard) = self.attempt(name, ttl).await? {
                self.counters.acquired.increment();
                self.counters.wait.observe(began.elapsed());
                return Ok(guard);
            }
            attempt += 1;
            let mut wait = WAIT.wait(attempt);
            if let Some(deadline) = deadline {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    self.counters.taken.increment();
                    return Err(Error::Taken);
                }
                wait = wait.min(left);
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&self, name: &str, ttl: Duration) -> Result<Option<Guard>, Error> {
        let holder = Uuid::now_v7();
        let mut asked = Asked { store: &self.store, name, holder, is_answered: false };
        let began = Instant::now();
        let token = self.store.take(name, holder, ttl).await?;
        asked.is_answered = true;
        Ok(token.map(|token| {
            let lease = Lease { name: name.into(), holder, token };
            Guard::new(self.store.clone(), lease, ttl, began, self.counters.clone())
        }))
    }
}

/// Gives back what may have been got unknown to the caller, who was dropped or heard of an error.
struct Asked<'a> {
    store: &'a Arc<dyn LockStore>,
    name: &'a str,
    holder: Uuid,
    is_answered: bool,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            give_back(self.store.clone(), self.name.into(), self.holder);
        }
    }
}

/// Releases in the background. Where there is no runtime any more, the lease ends by itself.
pub(super) fn give_back(store: Arc<dyn LockStore>, name: Arc<str>, holder: Uuid) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(async move {
            if let Err(error) = store.release(&name, holder).await {
                tracing::debug!(%error, "a lock was not released; its lease will end by itself");
            }
        });
    }
}

fn check(name: &str, ttl: Duration) -> Result<(), Error> {
    if name.is_empty() || name.chars().nth(255).is_some() || name.chars().any(char::is_control) {
        let reason = "it has 1 to 255 characters, none of them a control character";
        return Err(Error::Invalid { what: "name", reason });
    }
    if !(Duration::from_millis(10)..=Duration::from_hours(24)).contains(&ttl) {
        return Err(Error::Invalid { what: "time", reason: "it is 10 milliseconds to a day" });
    }
    Ok(())
}

impl fmt::Debug for Locks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locks").finish_non_exhaustive()
    }
}
