//! [`RedisConfig`]: where the server is, and how long it may take.

use std::fmt;
use std::time::Duration;

use crate::SecretString;

/// Where the server is, and how long it may take.
///
/// | | default |
/// |---|---|
/// | prefix of all keys | `gravity` |
/// | time for a connection | 500 ms |
/// | time for a command, with a connection if one is needed | 1 s |
/// | certificates to trust | those of the system |
#[derive(Clone)]
#[must_use]
pub struct RedisConfig {
    pub(super) url: SecretString,
    pub(super) prefix: String,
    pub(super) connect_timeout: Duration,
    pub(super) timeout: Duration,
    pub(super) root_certificates: Option<Vec<u8>>,
}

impl RedisConfig {
    /// The server at a URL: `redis://host:6379/0`, `redis://user:password@host/0` with a user of an access
    /// list or with an empty one, `rediss://…` for TLS, `unix:///run/redis.sock`.
    ///
    /// The URL is kept as a secret: neither `Debug` nor any error shows it.
    pub fn new(url: impl Into<SecretString>) -> Self {
        Self {
            url: url.into(),
            prefix: "gravity".to_owned(),
            connect_timeout: Duration::from_millis(500),
            timeout: Duration::from_secs(1),
            root_certificates: None,
        }
    }

    /// What all keys begin with, followed by a colon: 1 to 64 of `a` to `z`, `A` to `Z`, `0` to `9`, `_`,
    /// `-`, `.` and `:`.
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long it may take to connect.
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long a command may take, with the time for a connection if one is needed.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Certificates (PEM) to trust with `rediss://`, and no others.
    pub fn with_root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates = Some(pem.into());
        self
    }
}

impl fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisConfig")
            .field("prefix", &self.prefix)
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
