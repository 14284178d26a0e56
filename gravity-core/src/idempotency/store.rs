//! [`IdempotencyStore`]: where claims and answers are kept.

use std::time::Duration;

use async_trait::async_trait;

use super::Error;
use crate::Timestamp;

/// What a key stands for: who sent it, on which route, and the key, as a SHA-256.
pub type Slot = [u8; 32];

/// The right to run a request. The fence tells it from earlier and later ones of the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// What the key stands for.
    pub slot: Slot,
    /// Counts the claims of the slot.
    pub fence: i64,
}

/// What a request with a key finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is the first: run it.
    Run(Claim),
    /// The first one is at work, until then at the longest.
    Running(Timestamp),
    /// It was answered.
    Answered(Vec<u8>),
    /// The key was used for a request with another fingerprint.
    Reused,
}

/// Where claims and answers are kept. Every verb is atomic; whoever writes a store of their own runs the suite
/// `testing::idempotency` on it.
#[async_trait]
pub trait IdempotencyStore: Clone + Send + Sync + 'static {
    /// A transaction of the application's, in which an answer is kept.
    type Tx<'c>: Send;

    /// Claims a slot for a request with this fingerprint. Of several callers at once exactly one gets to run. So
    /// does one who comes after a claim's `lease` has passed unanswered, or after `expires_at` of what was kept.
    async fn begin(
        &self,
        slot: Slot,
        fingerprint: [u8; 32],
        now: Timestamp,
        lease: Duration,
    ) -> Result<Begun, Error>;

    /// Keeps the answer until it expires. Fails with [`Error::Fenced`] where the claim was lost or is answered.
    async fn complete(&self, claim: Claim, answer: &[u8], expires_at: Timestamp) -> Result<(), Error>;

    /// As [`IdempotencyStore::complete`], in the caller's transaction: the answer is kept exactly if that commits.
    async fn complete_in(
        &self,
        tx: &mut Self::Tx<'_>,
        claim: Claim,
        answer: &[u8],
        expires_at: Timestamp,
    ) -> Result<(), Error>;

    /// Gives a claim up, so that the next request runs. One that was lost or is answered stays as it is.
    async fn release(&self, claim: Claim) -> Result<(), Error>;

    /// Deletes up to so many entries that have expired, and says how many.
    async fn clean(&self, now: Timestamp, limit: u32) -> Result<u64, Error>;
}
