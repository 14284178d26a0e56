//! [`Auth`]: the handle to everything.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use gravity_core::http::Routes;
use gravity_core::jobs::{JobNode, JobStore, NodeConfig};
use gravity_core::page::CursorKeys;
use gravity_core::security::envelope::Vault;
use gravity_core::security::mac::MacKeys;
use gravity_core::security::password::PasswordHasher;
use gravity_core::{Clock, Error, Timestamp};

use crate::hooks::HookList;
use crate::jwt::{KeySet, KeySetConfig, KeyStore, RefreshTokens};
use crate::passkey::RelyingParty;
use crate::service::{Revoked, Roles, Until};
use crate::store::AuthStore;
use crate::{AuthConfig, AuthError, Authentication, MemoryStore, http};

/// Sign-in, sessions, and who may do what. Cheap to clone.
///
/// ```
/// # #[cfg(all(feature = "sqlite", feature = "testing"))]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use gravity_auth::{Auth, AuthConfig};
/// use gravity_core::db::Database;
/// use gravity_core::security::{Key, KeyRing};
///
/// let db = Database::connect("sqlite::memory:").await?;
/// let keys = KeyRing::new(Key::generate("2026-01")?);
/// let auth = Auth::new(db, AuthConfig::new("https://shop.example", keys)).await?;
/// tokio::spawn({
///     let auth = auth.clone();
///     async move { auth.run_until(std::future::pending()).await }
/// });
/// let routes = auth.routes();
/// # let _ = routes;
/// # Ok(())
/// # }
/// # #[cfg(not(all(feature = "sqlite", feature = "testing")))]
/// # fn main() {}
/// ```
#[derive(Clone)]
pub struct Auth(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) config: AuthConfig,
    pub(crate) store: Arc<dyn AuthStore>,
    pub(crate) keys: KeySet,
    pub(crate) tokens: RefreshTokens,
    pub(crate) macs: MacKeys,
    pub(crate) vault: Vault,
    pub(crate) hasher: PasswordHasher,
    pub(crate) revoked: Revoked,
    pub(crate) cursors: CursorKeys,
    pub(crate) roles: Roles,
    pub(crate) site: Option<RelyingParty>,
    #[cfg(feature = "client")]
    pub(crate) providers: crate::service::Providers,
    background: Vec<Background>,
}

/// Something that runs beside the requests until it is told to stop.
type Background = Box<dyn Fn(Auth, Until) -> BoxFuture<'static, Result<(), Error>> + Send + Sync>;

impl Auth {
    /// Sign-in on this database, whose tables it brings up to date.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub async fn new(db: gravity_core::db::Database, config: AuthConfig) -> Result<Self, AuthError> {
        let keys = crate::jwt::SqlKeyStore::new(&db).await.map_err(Error::from)?;
        let store = crate::SqlStore::new(db, &config.ring, config.clock.clone()).await?;
        #[cfg(feature = "redis")]
        let store = match &config.sessions_in {
            Some(redis) => store.with_sessions_in(redis),
            None => store,
        };
        let (jobs, audit) = (store.jobs().clone(), store.audit().clone());
        let link: Background = Box::new(move |_, until| {
            let audit = audit.clone();
            Box::pin(async move {
                audit.run_until(until).await;
                Ok(())
            })
        });
        Self::open(store, jobs, keys, config, vec![link]).await
    }

    /// Sign-in that keeps everything in memory, and nothing beyond the process.
    pub async fn in_memory(config: AuthConfig) -> Result<Self, AuthError> {
        let store = MemoryStore::new(&config.ring, config.clock.clone());
        let jobs = store.jobs().clone();
        Self::with_store(store, jobs, crate::jwt::MemoryKeyStore::default(), config).await
    }

    /// Sign-in on stores of one's own: `jobs` are those that the store writes down.
    pub async fn with_store(
        store: impl AuthStore,
        jobs: impl JobStore,
        keys: impl KeyStore,
        config: AuthConfig,
    ) -> Result<Self, AuthError> {
        Self::open(store, jobs, keys, config, Vec::new()).await
    }

    async fn open(
        store: impl AuthStore,
        jobs: impl JobStore,
        keys: impl KeyStore,
        config: AuthConfig,
        mut background: Vec<Background>,
    ) -> Result<Self, AuthError> {
        config.check()?;
        let vault = Vault::local(&config.ring);
        let tokens = &config.settings.tokens;
        let key_config = KeySetConfig::new(config.access())
            .with_algorithm(tokens.algorithm)
            .with_clock(config.clock.clone());
        let key_config = match tokens.key().map_err(Error::validation)? {
            Some(key) => key_config.with_first_key(key),
            None => key_config,
        };
        let keys = KeySet::open(keys, vault.clone(), key_config).await?;
        let hasher = PasswordHasher::new(config.hashing.clone()).map_err(Error::internal)?;
        let clock = config.clock.clone();
        background.push(Box::new(move |auth, until| {
            let config = NodeConfig::new().with_metrics(auth.0.config.metrics.clone());
            let node = JobNode::new(jobs.clone(), clock.clone(), config);
            let node = auth.workers(node);
            Box::pin(async move { Ok(node.run_until(until).await?) })
        }));
        let auth = Self(Arc::new(Inner {
            tokens: RefreshTokens::new(&config.ring),
            macs: MacKeys::new(&config.ring),
            cursors: CursorKeys::from(&config.ring),
            revoked: Revoked::new(&config),
            roles: Roles::default(),
            site: config.site().map_err(Error::internal)?,
            #[cfg(feature = "client")]
            providers: crate::service::Providers::open(&config)?,
            store: Arc::new(store),
            keys,
            vault,
            hasher,
            config,
            background,
        }));
        auth.catch_up().await?;
        Ok(auth)
    }

    /// The routes, for any host: below `/api/v1/auth` and `/api/v1`, and the documents at `/.well-known`. They know
    /// their callers already.
    pub fn routes(&self) -> Routes {
        http::routes(self)
    }

    /// Says who calls, for the routes of the application and of other services.
    pub fn authenticator(&self) -> Authentication {
        Authentication::new(self.clone())
    }

    /// Does everything that is not done by requests, until `stop` ends: sends mail, rotates keys, hears of sessions
    /// that other nodes have ended, and forgets what is over. Every node of the application runs it.
    ///
    /// Fails if the store cannot be reached at the start. Later failures are logged, and tried again.
    pub async fn run_until(&self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), AuthError> {
        let until = Until::new(stop);
        let running = self.0.background.iter().map(|part| part(self.clone(), until.clone()));
        let running = futures_util::future::try_join_all(running);
        let (running, ()) = tokio::join!(running, self.look_after(until.clone()));
        running?;
        Ok(())
    }

    pub(crate) fn hooks(&self) -> &HookList {
        &self.0.config.hooks
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.config.clock
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock().now()
    }

    pub(crate) fn store(&self) -> &dyn AuthStore {
        &*self.0.store
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("issuer", &self.0.config.settings.issuer).finish_non_exhaustive()
    }
}
