//! Suites that every store passes, and tools for tests of tokens.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

mod forge;
pub mod keys;
mod passkey;
pub mod store;

pub use forge::sign_anything;
pub use passkey::SoftAuthenticator;
