//! Signing keys that many nodes share, and that replace each other.

mod config;
mod error;
mod set;
mod stages;
mod store;

pub use config::KeySetConfig;
pub use error::KeySetError;
pub use set::KeySet;
pub use stages::KeyStage;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use store::SqlKeyStore;
pub use store::{KeyRow, KeyStore, MemoryKeyStore};
