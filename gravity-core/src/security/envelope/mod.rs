//! Encryption of single columns, under keys that can be replaced.
//!
//! Each value is encrypted under a key of its own, and that key under a key that a [`KeyProvider`]
//! holds: [`LocalKeys`] in this process, or a key management service. To replace the provider's key,
//! [`Vault::rewrap`] encrypts the small key anew, and never touches the value.

mod context;
mod error;
mod format;
mod local;
mod provider;
mod vault;

pub use context::ColumnContext;
pub use error::EnvelopeError;
pub use local::LocalKeys;
pub use provider::{DataKey, KeyProvider, WrappedKey};
pub use vault::Vault;
