//! Suites that every store passes, and fixtures for tests.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

pub mod store;
