#![doc = include_str!("schedules.md")]

mod cron;
mod error;
mod handle;
pub mod http;
mod interval;
mod memory;
mod metrics;
mod missed;
mod node;
mod plan;
mod recurrence;
mod schedule;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
mod state;
mod store;
mod template;
mod tick;
mod zone;

pub use cron::{Cron, CronError, CronField};
pub use error::Error;
pub use handle::{Schedules, Undefined};
pub use interval::{Interval, IntervalError};
pub use memory::MemorySchedules;
pub(crate) use metrics::FAMILIES;
pub use missed::Missed;
pub use node::ScheduleNode;
pub use recurrence::Recurrence;
pub use schedule::Schedule;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use sql::SqlSchedules;
pub use state::{Definition, ScheduleState};
pub use store::ScheduleStore;
pub use template::{JobTemplate, TemplateUnique};
pub use tick::{NoTick, Tick};
pub use zone::{UnknownZone, Zone};
