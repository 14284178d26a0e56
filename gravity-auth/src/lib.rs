#![doc = include_str!("../README.md")]

pub mod domain;
pub mod jwt;
#[cfg(feature = "client")]
pub mod oauth;
pub mod password;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod totp;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use store::SqlStore;
pub use store::{AuthStore, MemoryStore};
