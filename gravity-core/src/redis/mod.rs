#![doc = include_str!("redis.md")]

mod config;
mod error;
mod handle;
mod json;
mod link;
mod metrics;
mod script;

pub use config::RedisConfig;
pub use error::Error;
pub use handle::Redis;
pub(crate) use json::milliseconds;
pub(crate) use metrics::FAMILIES;
pub use script::Script;

pub use ::redis::{Cmd, FromRedisValue, Pipeline, ToRedisArgs, Value, cmd, pipe};
