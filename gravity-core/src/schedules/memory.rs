//! [`MemorySchedules`]: schedules in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::{Error, ScheduleState, ScheduleStore};
use crate::Timestamp;
use crate::jobs::{JobStore as _, MemoryJobs, NewJob};

/// Schedules in memory, for tests: the same behaviour as in a database, gone with the last handle.
#[derive(Clone)]
pub struct MemorySchedules {
    jobs: MemoryJobs,
    all: Arc<Mutex<BTreeMap<String, ScheduleState>>>,
}

impl MemorySchedules {
    /// No schedules, which enqueue their jobs there.
    pub fn new(jobs: &MemoryJobs) -> Self {
        Self { jobs: jobs.clone(), all: Arc::default() }
    }
}

#[async_trait]
impl ScheduleStore for MemorySchedules {
    type Jobs = MemoryJobs;

    fn jobs(&self) -> &MemoryJobs {
        &self.jobs
    }

    async fn insert(&self, state: &ScheduleState) -> Result<bool, Error> {
        let mut all = self.all.lock().await;
        if all.contains_key(&state.name) {
            return Ok(false);
        }
        all.insert(state.name.clone(), state.clone());
        Ok(true)
    }

    async fn replace(&self, seen: i64, state: &ScheduleState, jobs: &[NewJob]) -> Result<bool, Error> {
        let mut all = self.all.lock().await;
        let Some(held) = all.get_mut(&state.name).filter(|held| held.revision == seen) else {
            return Ok(false);
        };
        if !jobs.is_empty() {
            self.jobs.enqueue_alone(jobs).await?;
        }
        *held = ScheduleState { revision: seen + 1, ..state.clone() };
        Ok(true)
    }

    async fn remove(&self, name: &str, seen: i64) -> Result<bool, Error> {
        let mut all = self.all.lock().await;
        let is_seen = all.get(name).is_some_and(|held| held.revision == seen);
        Ok(is_seen && all.remove(name).is_some())
    }

    async fn get(&self, name: &str) -> Result<Option<ScheduleState>, Error> {
        Ok(self.all.lock().await.get(name).cloned())
    }

    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<ScheduleState>, Error> {
        let all = self.all.lock().await;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        Ok(all
            .range::<str, _>((from, Bound::Unbounded))
            .take(limit)
            .map(|(_, state)| state.clone())
            .collect())
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<ScheduleState>, Error> {
        let all = self.all.lock().await;
        let mut due: Vec<_> =
            all.values().filter(|state| state.next.is_some_and(|next| next <= now)).collect();
        due.sort_by_key(|state| (state.next, &state.name));
        Ok(due.into_iter().take(limit).cloned().collect())
    }

    async fn next(&self) -> Result<Option<Timestamp>, Error> {
        Ok(self.all.lock().await.values().filter_map(|state| state.next).min())
    }
}

impl fmt::Debug for MemorySchedules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySchedules").finish_non_exhaustive()
    }
}
