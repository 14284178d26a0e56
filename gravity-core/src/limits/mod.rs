//! Rate limits: how often somebody may do something.
//!
//! A [`Quota`] says how much in what time. A [`RateLimiter`] counts by key: [`MemoryLimiter`] in one process,
//! `RedisLimiter` over all nodes. A [`RateLimit`] says whose requests are counted together (by address, by caller,
//! by anything) and stands on a route:
//!
//! ```
//! use gravity_core::http::{PUBLIC, Routes, post};
//! use gravity_core::limits::{MemoryLimiter, Quota, RateLimit};
//!
//! let limiter = MemoryLimiter::new([Quota::per_minute(5), Quota::per_hour(20)]);
//! let limit = RateLimit::by_address("login", limiter);
//! let routes: Routes =
//!     Routes::new().route(post("/login", "login").allow(PUBLIC).rate_limit(limit).to(async || "welcome"));
//! ```

mod decision;
mod fields;
mod key;
mod layer;
mod limiter;
mod memory;
mod metrics;
mod quota;
#[cfg(feature = "redis")]
mod redis;
mod rule;

pub use decision::Decision;
pub use key::AddressGroup;
pub use layer::{RateLimitLayer, RateLimited};
pub use limiter::{Action, RateLimiter};
pub use memory::MemoryLimiter;
pub(crate) use metrics::FAMILIES;
pub use quota::{InvalidQuota, Quota, Quotas};
#[cfg(feature = "redis")]
pub use redis::{RedisLimiter, WhenDown};
pub use rule::RateLimit;
pub(crate) use rule::Told;
