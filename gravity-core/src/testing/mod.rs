//! Suites and fixtures for tests of services, behind the feature `testing`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::format_collect,
    reason = "a test fails by panicking, and its speed is that of the service"
)]

pub mod audit;
pub mod cache;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub mod db;
pub mod events;
#[cfg(unix)]
pub mod faults;
pub mod http;
pub mod idempotency;
pub mod jobs;
pub mod limits;
pub mod lock;
pub mod metrics;
pub mod proxy;
#[cfg(feature = "redis")]
pub mod redis;
pub mod sagas;
pub mod schedules;
pub mod websocket;

mod random;
mod wait;

pub use random::Random;
