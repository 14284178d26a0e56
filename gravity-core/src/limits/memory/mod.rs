//! [`MemoryLimiter`]: limits of one process.

mod limiter;
mod table;

pub use limiter::MemoryLimiter;
