//! Broadcasts between nodes, by Redis.

mod handle;
mod hub;

pub use handle::RedisBroadcast;
pub(crate) use hub::FAMILIES;
