//! [`Schedule`]: a job, and when it is enqueued.

use std::time::Duration;

use super::{Error, JobTemplate, Missed, Recurrence};
use crate::jobs::{Job, JobDraft};

/// A job, and when it is enqueued.
///
/// ```
/// use std::time::Duration;
/// use gravity_core::jobs::Job;
/// use gravity_core::schedules::{Missed, Recurrence, Schedule};
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct SendReport {
///     to: String,
/// }
///
/// impl Job for SendReport {
///     const KIND: &'static str = "report.send";
/// }
///
/// # fn example() -> Result<(), gravity_core::schedules::Error> {
/// let weekdays = Recurrence::cron("0 9 * * MON-FRI", "Europe/Berlin")?;
/// let schedule = Schedule::new("report.daily", weekdays, SendReport { to: "ada@example.org".into() })?
///     .missed(Missed::Skip)
///     .tolerating(Duration::from_mins(10));
/// # Ok(())
/// # }
/// # example().unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a schedule fires nothing until it is added or defined"]
pub struct Schedule {
    pub(super) name: String,
    pub(super) recurrence: Recurrence,
    pub(super) job: JobTemplate,
    pub(super) missed: Missed,
    pub(super) tolerance: Duration,
    pub(super) starts_paused: bool,
}

impl Schedule {
    /// Enqueues this job at these times, with all that its draft says. A delay counts from the tick.
    ///
    /// Names have 1 to 100 of `a` to `z`, `0` to `9`, `_`, `-` and `.`. Where the draft has no unique key, the
    /// tick is one. With a key of its own that is unique while the job is open, a tick at which the job before
    /// is not done yet enqueues nothing.
    pub fn new<J: Job>(
        name: impl Into<String>,
        recurrence: Recurrence,
        draft: impl Into<JobDraft<J>>,
    ) -> Result<Self, Error> {
        let name = name.into();
        check_name(&name)?;
        Ok(Self {
            name,
            recurrence,
            job: JobTemplate::of(draft.into())?,
            missed: Missed::default(),
            tolerance: Duration::from_mins(1),
            starts_paused: false,
        })
    }

    /// What becomes of ticks at which nobody was there; [`Missed::Once`] by default.
    pub fn missed(mut self, missed: Missed) -> Self {
        self.missed = missed;
        self
    }

    /// How late a tick may be fired and still count as on time; a minute by default.
    pub fn tolerating(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// It fires nothing until it is resumed. One that is known already stays as it is in this.
    pub fn paused(mut self) -> Self {
        self.starts_paused = true;
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

pub(super) fn check_name(name: &str) -> Result<(), Error> {
    let is_name = (1..=100).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.".contains(&byte));
    if is_name {
        return Ok(());
    }
    Err(Error::invalid("name", "it has 1 to 100 of `a` to `z`, `0` to `9`, `_`, `-`, `.`"))
}
