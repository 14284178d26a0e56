//! The transport suite: what every host has to do alike, with routes of the suite's own.
//!
//! Each check is a function that takes a running host, with [`routes`], and their [`Probe`].

pub mod bodies;
pub mod disconnects;
pub mod framing;
pub mod http2;
pub mod paths;
mod probe;
pub mod refusals;
mod routes;
pub mod smuggling;
pub mod streams;
pub mod upgrades;

pub use probe::Probe;
pub use routes::routes;
