//! [`ApiKey`]: a secret by which a program calls.

use gravity_core::security::mac::Mac;
use gravity_core::{Entity, Grants, Id, Timestamp};

use super::UserId;

/// A secret by which a program calls in the name of a user. The secret itself is not kept, only its keyed checksum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Which one it is.
    pub id: ApiKeyId,
    /// In whose name it calls. It dies with them.
    pub user: UserId,
    /// What its owner calls it.
    pub name: String,
    /// How the secret begins, for people to tell keys apart.
    pub hint: String,
    /// The checksum of the secret.
    pub mac: Mac,
    /// The checksum of the secret that it had before, and until when that holds too.
    pub old: Option<(Mac, Timestamp)>,
    /// What it may do, as far as its owner may: never more.
    pub scopes: Grants,
    /// How many requests a minute it may make.
    pub per_minute: u32,
    /// How often it was changed. Of several who change it at once, one does.
    pub version: u32,
    /// Who made it.
    pub created_by: UserId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ceases to hold.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// The id of an API key: `key_01h455vb4pex5vsknk084sn02q`.
pub type ApiKeyId = Id<ApiKey>;

impl Entity for ApiKey {
    const PREFIX: &'static str = "key";
}

impl ApiKey {
    /// Whether it holds at this time.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// Whether one of these checksums is that of its secret, or of the one before while that holds.
    pub fn opens_by(&self, macs: &[Mac], now: Timestamp) -> bool {
        let by_old = || self.old.as_ref().is_some_and(|(mac, until)| now < *until && macs.contains(mac));
        self.is_live(now) && (macs.contains(&self.mac) || by_old())
    }
}
