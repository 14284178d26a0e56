//! [`LockStore`]: where locks are kept.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::Error;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::db::Tx;

/// A lock that was got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Which lock.
    pub name: Arc<str>,
    /// Who got it. It is drawn anew for each lease.
    pub holder: Uuid,
    /// Greater than that of every lease of this lock before it.
    pub token: i64,
}

/// Where locks are kept. The store's own clock alone decides when a lease has ended.
///
/// Names and times are checked by [`Locks`](super::Locks) before they come here.
#[async_trait]
pub trait LockStore: Send + Sync + 'static {
    /// Gives the lock to the holder for this long, and returns the token. `None` where somebody holds it whose
    /// lease has not ended. Of many who ask at once exactly one gets it.
    async fn take(&self, name: &str, holder: Uuid, ttl: Duration) -> Result<Option<i64>, Error>;

    /// Lets the holder's lease last this long from now on. `false` where it is not the last holder, or its
    /// lease has ended; one that has ended may be renewed if nobody else has got the lock since.
    async fn renew(&self, name: &str, holder: Uuid, ttl: Duration) -> Result<bool, Error>;

    /// Ends the holder's lease. `false` where it has none.
    async fn release(&self, name: &str, holder: Uuid) -> Result<bool, Error>;

    /// Whether a write of this holder may be committed with this transaction. When the answer was yes, whoever
    /// comes after it must not have been let in by a check of its own before this transaction has ended.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    async fn check_in(&self, tx: &mut Tx<'_>, lease: &Lease) -> Result<bool, Error>;
}
