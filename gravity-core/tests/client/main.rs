//! The client: the same calls in this process, over sockets, and against servers that misbehave.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails by panicking, as the test does")]

mod network;
mod retries;
mod same;
mod serve;
mod streams;
mod tls;
