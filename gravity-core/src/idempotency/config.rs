//! [`IdempotencyConfig`]: which requests take keys, and how long answers are kept.

use std::time::Duration;

use http::{HeaderName, Method};

use crate::security::envelope::Vault;

/// Which requests take keys, and how long answers are kept.
#[derive(Debug, Clone)]
#[must_use]
pub struct IdempotencyConfig {
    pub(super) is_required: bool,
    pub(super) methods: Vec<Method>,
    pub(super) headers: Vec<HeaderName>,
    pub(super) expiry: Duration,
    pub(super) spare: Duration,
    pub(super) largest_answer: usize,
    pub(super) vault: Option<Vault>,
}

impl Default for IdempotencyConfig {
    fn default() -> Self {
        Self {
            is_required: false,
            methods: vec![Method::POST, Method::PATCH],
            headers: vec![http::header::CONTENT_TYPE],
            expiry: Duration::from_hours(24),
            spare: Duration::from_secs(30),
            largest_answer: 256 * 1024,
            vault: None,
        }
    }
}

impl IdempotencyConfig {
    /// POST and PATCH may carry a key; answers of up to 256 KiB are kept for a day.
    pub fn new() -> Self {
        Self::default()
    }

    /// A request without a key is refused with 400.
    pub fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    /// The methods that take a key. On others the header is passed over.
    pub fn with_methods(mut self, methods: impl IntoIterator<Item = Method>) -> Self {
        self.methods = methods.into_iter().collect();
        self
    }

    /// Takes this header of the request for part of what it asks, beside the method, the address, the media type
    /// and the body.
    pub fn with_header(mut self, name: HeaderName) -> Self {
        self.headers.push(name);
        self
    }

    /// How long an answer is kept (24 h).
    pub fn with_expiry(mut self, expiry: Duration) -> Self {
        self.expiry = expiry;
        self
    }

    /// How long a claim outlives the time limit of its route (30 s). After that a crashed run may be repeated. It
    /// should be more than the clocks of the nodes differ.
    pub fn with_spare_time(mut self, spare: Duration) -> Self {
        self.spare = spare;
        self
    }

    /// The largest body of an answer that is kept, in bytes (256 KiB).
    pub fn with_largest_answer(mut self, bytes: usize) -> Self {
        self.largest_answer = bytes;
        self
    }

    /// Encrypts answers where they are kept.
    pub fn with_vault(mut self, vault: Vault) -> Self {
        self.vault = Some(vault);
        self
    }
}
