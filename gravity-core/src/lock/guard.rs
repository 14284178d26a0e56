//! [`Guard`]: a lock that is held.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::locks::give_back;
use super::metrics::Counters;
use super::{Error, Lease, LockStore};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::db::Tx;

/// A lock that is held. Its lease is renewed in the background; dropping it releases the lock in the background
/// too.
#[must_use = "the lock is released when the guard is dropped"]
pub struct Guard {
    store: Arc<dyn LockStore>,
    lease: Lease,
    is_lost: watch::Receiver<bool>,
    renewing: AbortHandle,
    is_released: bool,
}

impl Guard {
    pub(super) fn new(
        store: Arc<dyn LockStore>,
        lease: Lease,
        ttl: Duration,
        began: Instant,
        counters: Arc<Counters>,
    ) -> Self {
        let (sender, is_lost) = watch::channel(false);
        let renewing = {
            let (store, lease) = (store.clone(), lease.clone());
            tokio::spawn(async move {
                keep(&*store, &lease, ttl, began).await;
                counters.lost.increment();
                tracing::warn!(name = %lease.name, token = lease.token, "a lock was lost");
                sender.send_replace(true);
            })
            .abort_handle()
        };
        Self { store, lease, is_lost, renewing, is_released: false }
    }

    /// The name of the lock.
    pub fn name(&self) -> &str {
        &self.lease.name
    }

    /// A number greater than that of everyone who held this lock before. Whatever is written to elsewhere can
    /// refuse those with a lower one than it has seen.
    pub fn token(&self) -> i64 {
        self.lease.token
    }

    /// Whether the lease has ended as far as this node can tell. It may have ended unnoticed:
    /// [`Guard::check_in`] alone is sure.
    pub fn is_lost(&self) -> bool {
        *self.is_lost.borrow()
    }

    /// Waits until the lease was lost: somebody else has the lock, or it could not be renewed in time.
    pub async fn lost(&self) {
        let mut is_lost = self.is_lost.clone();
        // An error says that the runtime which renewed it is gone, which is a loss too.
        let _ = is_lost.wait_for(|is_lost| *is_lost).await;
    }

    /// Works while the lock is held: the work is dropped, and [`Error::Lost`] returned, when it is lost.
    pub async fn hold<T>(&self, work: impl Future<Output = T>) -> Result<T, Error> {
        tokio::select! {
            biased;
            () = self.lost() => Err(Error::Lost),
            done = work => Ok(done),
        }
    }

    /// Lets the caller's transaction commit only as the work of this holder: fails with [`Error::Lost`] where
    /// somebody has come after it. When it succeeds nobody who comes after it can have been let in before the
    /// transaction ends.
    ///
    /// The lock may be kept in another place than the transaction's database, but that has to have the tables
    /// of [`MIGRATIONS`](super::MIGRATIONS). A lock of [`SqlLocks`](super::SqlLocks) has to be in that
    /// database.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), gravity_core::lock::Error> {
    /// use std::time::Duration;
    /// use gravity_core::db::Database;
    /// use gravity_core::lock::{Error, Locks, SqlLocks};
    ///
    /// let db = Database::connect("sqlite::memory:").await?;
    /// let locks = Locks::new(SqlLocks::new(&db).await?);
    /// let guard = locks.acquire("stock.count", Duration::from_secs(30)).await?;
    /// db.transaction(async |tx| {
    ///     guard.check_in(tx).await?;
    ///     // … write …
    ///     Ok::<_, Error>(())
    /// })
    /// .await?;
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub async fn check_in(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        if self.store.check_in(tx, &self.lease).await? { Ok(()) } else { Err(Error::Lost) }
    }

    /// Releases the lock, and waits until that is done. Fails with [`Error::Lost`] where it was lost before.
    pub async fn release(mut self) -> Result<(), Error> {
        self.renewing.abort();
        let is_released = self.store.release(&self.lease.name, self.lease.holder).await?;
        self.is_released = true;
        if is_released { Ok(()) } else { Err(Error::Lost) }
    }
}

/// Renews the lease, and returns when it was lost.
async fn keep(store: &dyn LockStore, lease: &Lease, ttl: Duration, began: Instant) {
    // Counted from before the store was asked, so that it ends here before it does there.
    let mut until = tokio::time::Instant::from_std(began) + ttl;
    let mut wait = ttl / 3;
    loop {
        tokio::time::sleep_until(until.min(tokio::time::Instant::now() + wait)).await;
        let asked = tokio::time::Instant::now();
        match tokio::time::timeout_at(until, store.renew(&lease.name, lease.holder, ttl)).await {
            Ok(Ok(true)) => {
                until = asked + ttl;
                wait = ttl / 3;
            }
            Ok(Ok(false)) | Err(_) => return,
            Ok(Err(error)) => {
                tracing::debug!(%error, name = %lease.name, "a lock was not renewed");
                if tokio::time::Instant::now() >= until {
                    return;
                }
                // Soon again, for little time is left.
                wait = (ttl / 20).min(Duration::from_secs(1));
            }
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.renewing.abort();
        if !self.is_released {
            give_back(self.store.clone(), self.lease.name.clone(), self.lease.holder);
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("name", &self.lease.name)
            .field("token", &self.lease.token)
            .field("is_lost", &self.is_lost())
            .finish_non_exhaustive()
    }
}
