//! [`Tick`]: what a job was enqueued for.

use std::fmt;
use std::str::FromStr;

use crate::Timestamp;

/// A moment of a schedule. A job that a schedule enqueued has it as its correlation, unless its draft said
/// otherwise, so that the job knows which moment it was meant for, however late it runs.
///
/// ```
/// use gravity_core::schedules::Tick;
///
/// let tick: Tick = "report.daily@2026-03-01T08:00:00.000000Z".parse().unwrap();
/// assert_eq!(tick.schedule, "report.daily");
/// assert_eq!(tick.at.to_string(), "2026-03-01T08:00:00.000000Z");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tick {
    /// The schedule's name.
    pub schedule: String,
    /// The moment.
    pub at: Timestamp,
}

/// A text stands for no [`Tick`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tick is a schedule's name and a time with an `@` between them")]
pub struct NoTick;

impl FromStr for Tick {
    type Err = NoTick;

    fn from_str(text: &str) -> Result<Self, NoTick> {
        let (schedule, at) = text.rsplit_once('@').ok_or(NoTick)?;
        super::schedule::check_name(schedule).map_err(|_| NoTick)?;
        Ok(Self { schedule: schedule.to_owned(), at: at.parse().map_err(|_| NoTick)? })
    }
}

impl fmt::Display for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.schedule, self.at)
    }
}
