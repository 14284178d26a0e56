//! Suites that every store passes, the suite of the routes, and tools for tests of tokens.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

mod forge;
pub mod http;
pub mod keys;
mod passkey;
mod provider;
pub mod store;

pub use forge::sign_anything;
pub use http::{Person, Reply, Stage};
pub use passkey::SoftAuthenticator;
pub use provider::{ProviderDouble, Trouble};
