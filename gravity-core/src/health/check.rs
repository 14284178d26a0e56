//! [`Check`]: asks one thing that the service depends on whether it is there.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};

use crate::http::BoxError;

type Ask = dyn Fn() -> BoxFuture<'static, Result<(), BoxError>> + Send + Sync;

/// Asks one thing that the service depends on whether it is there.
///
/// ```
/// use gravity_core::health::Check;
///
/// let mail = Check::new("mail", || async { Err("cannot connect".into()) }).optional();
/// ```
#[derive(Clone)]
#[must_use = "a check is never asked until it is given to `Health::with_check`"]
pub struct Check {
    pub(super) name: &'static str,
    pub(super) ask: Arc<Ask>,
    pub(super) is_critical: bool,
    pub(super) timeout: Duration,
    pub(super) fresh_for: Duration,
}

impl Check {
    /// A check of this name. Without the thing the service is not ready; it may take two seconds to answer, and
    /// what it answered counts for two seconds.
    pub fn new<F>(name: &'static str, ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        Self {
            name,
            ask: Arc::new(move || ask().boxed()),
            is_critical: true,
            timeout: Duration::from_secs(2),
            fresh_for: Duration::from_secs(2),
        }
    }

    /// Whether the database answers.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub fn database(name: &'static str, db: &crate::db::Database) -> Self {
        let db = db.clone();
        Self::new(name, move || {
            let db = db.clone();
            async move { db.ping().await.map(|_| ()).map_err(Into::into) }
        })
    }

    /// Whether Redis answers.
    #[cfg(feature = "redis")]
    pub fn redis(name: &'static str, redis: &crate::redis::Redis) -> Self {
        let redis = redis.clone();
        Self::new(name, move || {
            let redis = redis.clone();
            async move { redis.ping().await.map(|_| ()).map_err(Into::into) }
        })
    }

    /// Without the thing the service does less, and is ready still.
    pub fn optional(mut self) -> Self {
        self.is_critical = false;
        self
    }

    /// How long it may take to answer.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long an answer counts, so that those who ask do not become a burden.
    pub fn fresh_for(mut self, fresh_for: Duration) -> Self {
        self.fresh_for = fresh_for;
        self
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("name", &self.name)
            .field("is_critical", &self.is_critical)
            .finish_non_exhaustive()
    }
}
