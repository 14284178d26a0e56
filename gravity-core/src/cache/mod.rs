#![doc = include_str!("cache.md")]

mod config;
mod counts;
mod fill;
mod flight;
mod handle;
mod key;
#[cfg(feature = "redis")]
mod l2;
mod listen;
mod local;
mod message;

pub use config::CacheConfig;
pub(crate) use counts::FAMILIES;
pub use handle::Cache;
pub use key::CacheKey;
