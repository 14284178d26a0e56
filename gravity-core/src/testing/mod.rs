//! Suites and fixtures for tests: of this crate, of services built on it, and of hosts for them.

pub mod websocket;
