//! API keys: what may happen to them, and how they are read.

use async_trait::async_trait;
use gravity_core::page::{KeyColumn, KeyKind, KeyValue, Keyset, PageRows, Position};
use gravity_core::security::mac::Mac;
use gravity_core::{Error, Timestamp};

use crate::domain::{ApiKey, ApiKeyId, User, UserId};

/// Something that happens to an API key.
///
/// When its owner may not sign in any more ([`Change::SetStatus`](super::Change::SetStatus)) all their keys are gone
/// with it, in the same transaction.
#[derive(Debug, Clone)]
pub enum KeyChange {
    /// There is a new key. Its owner must be active, and have fewer than `most`:
    /// [`TooMany`](super::Refused::TooMany).
    Add {
        /// The key.
        key: Box<ApiKey>,
        /// How many a user has at most.
        most: u32,
    },
    /// A key has another name, secret, scopes, limit or expiry. It must be there, its owner's, in the version that is
    /// named; it gets the next one. Its owner must be active.
    Update {
        /// The version that it is changed from.
        version: u32,
        /// The key as it is to be; its id, owner, maker and last use stay.
        to: Box<ApiKey>,
    },
    /// All keys of a user are gone. There may be none.
    RemoveAll {
        /// Whose they are.
        user: UserId,
    },
    /// A key is gone. It must be the user's.
    Remove {
        /// Whose it is.
        user: UserId,
        /// Which one.
        key: ApiKeyId,
    },
}

/// Reads API keys.
#[async_trait]
pub trait ApiKeyStore: Send + Sync + 'static {
    /// The key, whether it holds or not.
    async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, Error>;

    /// The keys of a user in the order of [`API_KEYS`], page by page, either way.
    async fn api_keys(
        &self,
        user: UserId,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<ApiKey>, Error>;

    /// The key that one of these checksums opens at this time, and its owner, if they are active.
    async fn api_key_by(&self, macs: &[Mac], now: Timestamp) -> Result<Option<(ApiKey, User)>, Error>;

    /// Writes down that a key was used, unless a use after `before` is written down already: of many at once one
    /// writes. A use that lies in the future, for a clock was set back, counts for none. Whether this one did.
    async fn api_key_used(&self, id: ApiKeyId, now: Timestamp, before: Timestamp) -> Result<bool, Error>;

    /// The accounts of programs that are not deleted, in the order of their ids, page by page, either way.
    async fn service_accounts(&self, from: Option<&Position>, limit: u32) -> Result<PageRows<User>, Error>;
}

/// The order of a list of API keys, and of accounts of programs: the newest comes first.
pub const API_KEYS: Keyset = Keyset::new(&[KeyColumn::desc("id", KeyKind::Uuid)]);

/// Where a key stands in the order of [`API_KEYS`].
pub fn api_key_place(key: &ApiKey) -> Vec<KeyValue> {
    vec![key.id.into()]
}
