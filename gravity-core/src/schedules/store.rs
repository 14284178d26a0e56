//! [`ScheduleStore`]: where schedules are kept.

use async_trait::async_trait;

use super::{Error, ScheduleState};
use crate::Timestamp;
use crate::jobs::{JobStore, NewJob};

/// Where schedules are kept, beside the jobs that they enqueue.
///
/// Every verb is atomic. Whoever writes a store of their own runs the suite `testing::schedules` on it.
#[async_trait]
pub trait ScheduleStore: Clone + Send + Sync + 'static {
    /// Where the jobs go.
    type Jobs: JobStore;

    /// Where the jobs go.
    fn jobs(&self) -> &Self::Jobs;

    /// Keeps a new schedule; `false` if there is one of its name.
    async fn insert(&self, state: &ScheduleState) -> Result<bool, Error>;

    /// Replaces the schedule of this name by one that has the next revision, and enqueues jobs, in one
    /// transaction. `false`, and nothing has happened, where the revision is not that one any more: of all who
    /// have seen the same revision, exactly one gets `true`.
    async fn replace(&self, seen: i64, state: &ScheduleState, jobs: &[NewJob]) -> Result<bool, Error>;

    /// Deletes a schedule, if it has this revision still.
    async fn remove(&self, name: &str, seen: i64) -> Result<bool, Error>;

    /// The schedule of this name.
    async fn get(&self, name: &str) -> Result<Option<ScheduleState>, Error>;

    /// Schedules by name, after one of them or from the first. One that cannot be read is left out, and logged.
    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<ScheduleState>, Error>;

    /// Those that have a next tick up to now, the earliest first. One that cannot be read is left out, and
    /// logged.
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<ScheduleState>, Error>;

    /// The earliest next tick of all.
    async fn next(&self) -> Result<Option<Timestamp>, Error>;
}
