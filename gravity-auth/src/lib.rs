#![doc = include_str!("../README.md")]

pub mod device;
pub mod domain;
pub mod dpop;
pub mod jwt;
#[cfg(feature = "client")]
pub mod oauth;
pub mod passkey;
pub mod password;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod totp;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use store::SqlStore;
pub use store::{AuthStore, MemoryStore};
