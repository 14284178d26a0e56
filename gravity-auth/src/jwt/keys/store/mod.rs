//! [`KeyStore`]: where keys are kept, sealed.

mod memory;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;

use async_trait::async_trait;
use gravity_core::{Error, Timestamp};

pub use memory::MemoryKeyStore;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use sql::SqlKeyStore;

/// A key as it is kept. Without the keys of the vault it is worth nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// The set it belongs to.
    pub set: String,
    /// Its number in the set, from 1. A key of a higher number replaces those before it.
    pub generation: i64,
    /// Its name, the `kid` of its tokens.
    pub id: String,
    /// The name of its algorithm.
    pub algorithm: String,
    /// The private key, sealed.
    pub sealed: Vec<u8>,
    /// When it was added.
    pub created_at: Timestamp,
    /// From when on it signs.
    pub active_from: Timestamp,
}

/// Where the keys of all nodes are kept.
///
/// # Contract
/// - `add` lets exactly one caller have each number of a set, whoever else tries at the same time and on
///   whatever node; the others are told `false`, and nothing of theirs is kept.
/// - What `add` or `remove` has answered, every later `list` on any node shows.
/// - Times come back to the microsecond, and bytes as they were.
#[async_trait]
pub trait KeyStore: Send + Sync + 'static {
    /// All keys of a set, by their numbers.
    async fn list(&self, set: &str) -> Result<Vec<KeyRow>, Error>;

    /// Adds a key, unless its set has one of this number, or the store one of this name and set.
    async fn add(&self, row: &KeyRow) -> Result<bool, Error>;

    /// Removes the key of this number, and says whether it was there.
    async fn remove(&self, set: &str, generation: i64) -> Result<bool, Error>;
}
