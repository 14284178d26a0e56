//! Suites and fixtures for tests of services, behind the feature `testing`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::format_collect,
    reason = "a test fails by panicking, and its speed is that of the service"
)]

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub mod db;
pub mod events;
pub mod http;
pub mod jobs;
pub mod websocket;
