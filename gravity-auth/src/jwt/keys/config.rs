//! [`KeySetConfig`].

use std::time::Duration;

use gravity_core::Clock;

use crate::jwt::{Algorithm, SigningKey};

/// How keys follow each other.
#[derive(Debug, Clone)]
pub struct KeySetConfig {
    pub(super) name: Box<str>,
    pub(super) algorithm: Algorithm,
    pub(super) lifetime: Duration,
    pub(super) rotation: Duration,
    pub(super) lead: Duration,
    pub(super) skew: Duration,
    pub(super) refresh: Duration,
    pub(super) clock: Clock,
    pub(super) first: Option<SigningKey>,
}

impl KeySetConfig {
    /// Keys for tokens that hold no longer than this.
    pub fn new(token_lifetime: Duration) -> Self {
        Self {
            name: "access".into(),
            algorithm: Algorithm::EdDsa,
            lifetime: token_lifetime,
            rotation: Duration::from_hours(30 * 24),
            lead: Duration::from_hours(1),
            skew: Duration::from_mins(5),
            refresh: Duration::from_mins(1),
            clock: Clock::system(),
            first: None,
        }
    }

    /// The name of the set, instead of `access`: sets of several names share one store.
    pub fn with_name(mut self, name: impl Into<Box<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// What new keys sign by, instead of `EdDSA`. A set may hold keys of several algorithms one after the other: where
    /// the newest one is of another, [`maintain`](super::KeySet::maintain) publishes a new key at once. Nodes that share
    /// a store need the same, or keys follow each other every hour.
    pub fn with_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// The key that the set begins with where the store has none, instead of a new one. A set that signs by RS256, whose
    /// keys are not made here, has it follow whatever key the store has: take it out before it is withdrawn.
    pub fn with_first_key(mut self, key: SigningKey) -> Self {
        self.first = Some(key);
        self
    }

    /// How long a key signs, instead of 30 days.
    pub fn with_rotation(mut self, rotation: Duration) -> Self {
        self.rotation = rotation;
        self
    }

    /// How long a key is published before it signs, instead of an hour: longer than caches may keep the
    /// document of keys, and than nodes take to hear of it.
    pub fn with_lead(mut self, lead: Duration) -> Self {
        self.lead = lead;
        self
    }

    /// How far the clocks of nodes and readers may be apart, instead of 5 minutes. A key that was replaced
    /// verifies so much longer than its last token holds.
    pub fn with_skew(mut self, skew: Duration) -> Self {
        self.skew = skew;
        self
    }

    /// How often a node looks what the others have done, instead of every minute.
    pub fn with_refresh(mut self, refresh: Duration) -> Self {
        self.refresh = refresh;
        self
    }

    /// What tells the time, instead of the system's clock.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// How long a replaced key verifies: until the last token is over that a node can have made which heard of
    /// it late and whose clock is off, read by one whose clock is off the other way.
    pub(super) fn keep(&self) -> Duration {
        self.lifetime + self.refresh + 2 * self.skew
    }

    /// How long caches may keep the document of keys: a quarter of the lead.
    pub(super) fn max_age(&self) -> Duration {
        self.lead / 4
    }
}
