#![doc = include_str!("lock.md")]

mod error;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod fence;
mod guard;
mod locks;
mod memory;
mod metrics;
#[cfg(feature = "redis")]
mod redis;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
mod store;

pub use error::Error;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use fence::MIGRATIONS;
pub use guard::Guard;
pub use locks::Locks;
pub use memory::MemoryLocks;
pub(crate) use metrics::FAMILIES;
#[cfg(feature = "redis")]
pub use redis::RedisLocks;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use sql::SqlLocks;
pub use store::{Lease, LockStore};
