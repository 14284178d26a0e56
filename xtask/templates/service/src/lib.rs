#![doc = include_str!("../README.md")]

#[cfg(feature = "client")]
mod client;
mod config;
pub mod domain;
mod error;
pub mod http;
mod {{snake}};
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "client")]
pub use client::{{Type}}Client;
pub use config::{{Type}}Config;
pub use domain::{Item, ItemId, NewItem};
pub use error::{{Type}}Error;
pub use {{snake}}::{{Type}};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use store::SqlStore;
pub use store::{ItemStore, MemoryStore};
