#![doc = include_str!("schedules.md")]

mod cron;
mod interval;
mod zone;

pub use cron::{Cron, CronError, CronField};
pub use interval::{Interval, IntervalError};
pub use zone::{UnknownZone, Zone};
