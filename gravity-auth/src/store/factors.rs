//! [`FactorStore`]: second factors, read.

use async_trait::async_trait;
use gravity_core::security::mac::Mac;
use gravity_core::{Error, Timestamp};

use crate::domain::{Challenge, ChallengeKind, Device, TotpFactor, UserId};

/// Reads second factors. What happens to them goes through [`AuthStore::apply`](super::AuthStore::apply).
#[async_trait]
pub trait FactorStore: Send + Sync + 'static {
    /// The user's authenticator app, confirmed or not.
    async fn totp(&self, user: UserId) -> Result<Option<TotpFactor>, Error>;

    /// How many recovery codes the user has left.
    async fn recovery_codes(&self, user: UserId) -> Result<u32, Error>;

    /// The challenge of this kind with one of these checksums, if it has not run out.
    async fn challenge(
        &self,
        kind: ChallengeKind,
        macs: &[Mac],
        now: Timestamp,
    ) -> Result<Option<Challenge>, Error>;

    /// The user's remembered devices, the newest first.
    async fn devices(&self, user: UserId, now: Timestamp) -> Result<Vec<Device>, Error>;

    /// Whether one of these checksums is that of a remembered device of the user.
    async fn is_remembered(&self, user: UserId, macs: &[Mac], now: Timestamp) -> Result<bool, Error>;
}
