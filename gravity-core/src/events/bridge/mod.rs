//! Events to and from message brokers, so that applications with separate databases can exchange them.

mod inlet;
mod intake;
mod outlet;
#[cfg(feature = "redis")]
mod redis;

pub use inlet::{Delivery, Inlet};
pub use intake::Intake;
pub use outlet::Outlet;
#[cfg(feature = "redis")]
pub use redis::{RedisInlet, RedisOutlet};
