//! Points in time, and the clock that tells them.

mod clock;
mod serial;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
mod steady;
mod test_clock;
mod timestamp;

pub use clock::Clock;
pub use serial::is_rfc3339;
pub(crate) use steady::Steady;
pub use test_clock::TestClock;
pub use timestamp::{Timestamp, TimestampError};
