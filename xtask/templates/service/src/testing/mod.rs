//! Suites that every store, and every way to reach the routes, passes; and fixtures for tests.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

pub mod http;
mod keys;
pub mod store;

pub use keys::{API_KEY, Keys, Role};
