//! [`OutgoingConfig`]: what may be called, and what a call may cost.

use std::sync::Arc;
use std::time::Duration;

use super::client::OutgoingClient;
use super::connect::Policy;
use super::error::OutgoingError;
use super::resolve::{Resolve, SystemResolver};
use crate::Metrics;
use crate::http::{InvalidNetwork, Network};
use crate::resilience::BreakerConfig;

/// What may be called, and what a call may cost. Every limit has a default, which its method names.
///
/// ```
/// use std::time::Duration;
/// use gravity_core::resilience::outgoing::{OutgoingConfig, OutgoingError};
///
/// # fn main() -> Result<(), OutgoingError> {
/// let client = OutgoingConfig::new()
///     .https_only()
///     .with_timeout(Duration::from_secs(5))
///     .with_max_response(256 * 1024)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct OutgoingConfig {
    pub(super) ports: Vec<u16>,
    pub(super) networks: Vec<Network>,
    pub(super) https_only: bool,
    pub(super) downgrades: bool,
    pub(super) resolver: Arc<dyn Resolve>,
    pub(super) redirects: u32,
    pub(super) retries: u32,
    pub(super) timeout: Duration,
    pub(super) try_timeout: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) max_response: u64,
    pub(super) calls: usize,
    pub(super) waiting: (usize, Duration),
    pub(super) breaker: BreakerConfig,
    pub(super) roots: Vec<Vec<u8>>,
    pub(super) agent: String,
    pub(super) metrics: Option<Metrics>,
}

impl Default for OutgoingConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl OutgoingConfig {
    /// The defaults, as each method names them.
    pub fn new() -> Self {
        Self {
            ports: vec![80, 443],
            networks: Vec::new(),
            https_only: false,
            downgrades: false,
            resolver: Arc::new(SystemResolver),
            redirects: 3,
            retries: 0,
            timeout: Duration::from_secs(10),
            try_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(3),
            max_response: 1024 * 1024,
            calls: 256,
            waiting: (1024, Duration::from_secs(5)),
            breaker: BreakerConfig::new(),
            roots: Vec::new(),
            agent: concat!("gravity/", env!("CARGO_PKG_VERSION")).to_owned(),
            metrics: None,
        }
    }

    /// The ports that are called (80 and 443).
    #[must_use]
    pub fn with_ports(mut self, ports: impl IntoIterator<Item = u16>) -> Self {
        self.ports = ports.into_iter().collect();
        self
    }

    /// Lets a network such as `10.1.0.0/16`, or an address, be called although it is not public: for an intranet,
    /// and for tests.
    pub fn allow_network(mut self, network: &str) -> Result<Self, InvalidNetwork> {
        self.networks.push(network.parse()?);
        Ok(self)
    }

    /// Calls `https` only.
    #[must_use]
    pub fn https_only(mut self) -> Self {
        self.https_only = true;
        self
    }

    /// Follows redirects from `https` to `http` too.
    #[must_use]
    pub fn allow_downgrades(mut self) -> Self {
        self.downgrades = true;
        self
    }

    /// Who finds the addresses of names (the operating system).
    #[must_use]
    pub fn with_resolver(mut self, resolver: impl Resolve) -> Self {
        self.resolver = Arc::new(resolver);
        self
    }

    /// How many redirects are followed (3). At 0 a redirect is handed over as the answer.
    #[must_use]
    pub fn with_redirects(mut self, redirects: u32) -> Self {
        self.redirects = redirects;
        self
    }

    /// How often a call that does no harm twice is tried again (0), by the rule of
    /// [`RetryLayer`](crate::resilience::RetryLayer). What is sent by a durable job is retried by it.
    #[must_use]
    pub fn with_retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// How long a call may take, with its redirects, retries, and the reading of the answer (10 s).
    #[must_use]
    pub fn with_timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// How long a host may take until its answer begins (5 s). One that takes longer has failed.
    #[must_use]
    pub fn with_try_timeout(mut self, time: Duration) -> Self {
        self.try_timeout = time;
        self
    }

    /// How long it may take to find, reach and, under TLS, trust a host (3 s).
    #[must_use]
    pub fn with_connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// The largest answer in bytes (1 MiB).
    #[must_use]
    pub fn with_max_response(mut self, bytes: u64) -> Self {
        self.max_response = bytes;
        self
    }

    /// How many calls run at the same time (256), and how many wait for how long (1,024, 5 s).
    #[must_use]
    pub fn with_concurrency(mut self, calls: usize, waiting: usize, wait: Duration) -> Self {
        self.calls = calls;
        self.waiting = (waiting, wait);
        self
    }

    /// When a host that fails again and again is left alone (5 failures, 60 s, 3 trials).
    #[must_use]
    pub fn with_breaker(mut self, breaker: BreakerConfig) -> Self {
        self.breaker = breaker;
        self
    }

    /// Trusts these certificate authorities too, in PEM, beside those that the system trusts.
    #[must_use]
    pub fn with_root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// What the client calls itself (`gravity/VERSION`).
    #[must_use]
    pub fn with_user_agent(mut self, agent: impl Into<String>) -> Self {
        self.agent = agent.into();
        self
    }

    /// Counts `outgoing_calls_total{outcome}`.
    #[must_use]
    pub fn with_metrics(mut self, metrics: &Metrics) -> Self {
        self.metrics = Some(metrics.clone());
        self
    }

    /// A client that keeps to this. It reads the system's certificates: make it once, and clone it.
    pub fn build(self) -> Result<OutgoingClient, OutgoingError> {
        OutgoingClient::new(self)
    }

    pub(super) fn policy(&self) -> Policy {
        Policy {
            ports: self.ports.clone(),
            networks: self.networks.clone(),
            https_only: self.https_only,
            resolver: Arc::clone(&self.resolver),
        }
    }
}
