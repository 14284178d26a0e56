//! Broadcasts between nodes, by Redis.

mod handle;
mod hub;

pub use handle::RedisBroadcast;
