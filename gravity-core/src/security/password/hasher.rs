//! [`PasswordHasher`].

use std::sync::Arc;

use super::memory::Memory;
use super::phc::Phc;
use super::pool::{Pool, PoolLoad};
use super::{PasswordConfig, PasswordConfigError, PasswordError, text};
use crate::secret::SecretString;

/// What came of verifying a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Verdict {
    /// Whether it is the password.
    pub matches: bool,
    /// Whether it is, and its hash was made with other parameters than a new one would be: hash it
    /// again, now that it is at hand.
    pub needs_rehash: bool,
}

/// Hashes passwords with Argon2id, and verifies them.
///
/// Hashing takes a core and much memory for long, on purpose. So it runs on threads of its own, as many
/// at once as the configuration says; some more wait, and who comes then is told to come back
/// ([`PasswordError::Overloaded`], which answers 503 with `Retry-After`). Clones share the pool: make
/// one hasher for the process.
///
/// Passwords are normalised (NFKC) and may have 1,024 bytes; how short one may be is for the service to
/// say.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use gravity_core::SecretString;
/// use gravity_core::security::password::{PasswordConfig, PasswordHasher};
///
/// let hasher = PasswordHasher::new(PasswordConfig::default()).unwrap();
/// let kept = hasher.hash("correct horse".into()).await.unwrap();
/// assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
///
/// let verdict = hasher.verify("correct horse".into(), &kept).await.unwrap();
/// assert!(verdict.matches && !verdict.needs_rehash);
/// assert!(!hasher.verify("wrong horse".into(), &kept).await.unwrap().matches);
///
/// // Nobody has that name: take as long to say no, so that nobody learns which names exist.
/// assert!(!hasher.verify_none("correct horse".into()).await.unwrap().matches);
/// # })
/// ```
#[derive(Clone, Debug)]
pub struct PasswordHasher {
    config: Arc<PasswordConfig>,
    pool: Arc<Pool>,
    memory: Arc<Memory>,
    nobody: Arc<Phc>,
}

impl PasswordHasher {
    /// A hasher with a pool of its own.
    pub fn new(config: PasswordConfig) -> Result<Self, PasswordConfigError> {
        config.check()?;
        let pool = Arc::new(Pool::new(config.workers, config.queue));
        Ok(Self {
            memory: Arc::new(Memory::new(config.memory, Arc::clone(&pool))),
            pool,
            nobody: Arc::new(Phc::of_nobody(&config)),
            config: Arc::new(config),
        })
    }

    /// Hashes a password: a PHC string of about 100 characters, to be kept.
    pub async fn hash(&self, password: SecretString) -> Result<String, PasswordError> {
        let password = text::normal(password)?;
        let (config, memory) = (Arc::clone(&self.config), Arc::clone(&self.memory));
        let hashed = self.pool.run(move || Phc::hash(&config, password.expose().as_bytes(), &memory)).await?;
        Ok(hashed?.to_string())
    }

    /// Whether this is the password of a kept hash.
    ///
    /// Hashes of Argon2i and Argon2d, and those with other parameters, verify and need a rehash. One that
    /// is malformed or asks for too much work is an error before any work is done.
    pub async fn verify(&self, password: SecretString, phc: &str) -> Result<Verdict, PasswordError> {
        let password = text::normal(password)?;
        self.check(password, Arc::new(self.read(phc)?)).await
    }

    /// Whether [`verify`](Self::verify) could verify this hash, before it is kept: one of Argon2 that was made
    /// elsewhere.
    pub fn check_kept(&self, phc: &str) -> Result<(), PasswordError> {
        self.read(phc).map(|_| ())
    }

    /// Does for a user that does not exist what [`verify`](Self::verify) does for one that does, in the
    /// same time; the verdict is no.
    ///
    /// Hashes kept from before parameters changed take another time until they are made anew.
    pub async fn verify_none(&self, password: SecretString) -> Result<Verdict, PasswordError> {
        let verdict = self.check(text::normal(password)?, Arc::clone(&self.nobody)).await?;
        Ok(Verdict { matches: false, ..verdict })
    }

    /// Whether this is the password of a hash that was made elsewhere, which the caller knows how to check: a hash of
    /// bcrypt that was taken over, say. The check runs in the pool, is given the password as it was typed, not
    /// normalised, and has to compare in constant time. What matches needs a rehash.
    pub async fn verify_foreign(
        &self,
        password: SecretString,
        check: impl FnOnce(&str) -> bool + Send + 'static,
    ) -> Result<Verdict, PasswordError> {
        if password.expose().len() > text::LONGEST {
            return Err(PasswordError::TooLong);
        }
        let matches = self.pool.run(move || check(password.expose())).await?;
        Ok(Verdict { matches, needs_rehash: matches })
    }

    /// How busy the pool is.
    pub fn load(&self) -> PoolLoad {
        self.pool.load()
    }

    /// How many passwords it has hashed and verified, those of nobody too.
    pub fn done(&self) -> u64 {
        self.pool.done()
    }

    fn read(&self, phc: &str) -> Result<Phc, PasswordError> {
        let phc: Phc = phc.parse()?;
        phc.check_cost(&self.config)?;
        Ok(phc)
    }

    async fn check(&self, password: SecretString, phc: Arc<Phc>) -> Result<Verdict, PasswordError> {
        let is_outdated = phc.is_outdated(&self.config);
        let memory = Arc::clone(&self.memory);
        let matches = self.pool.run(move || phc.matches(password.expose().as_bytes(), &memory)).await??;
        Ok(Verdict { matches, needs_rehash: matches && is_outdated })
    }
}
