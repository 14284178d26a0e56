//! Suites and fixtures for tests of services.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub mod db;
