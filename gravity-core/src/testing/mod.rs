//! Suites and fixtures for tests of services, behind the feature `testing`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub mod db;
pub mod events;
pub mod http;
