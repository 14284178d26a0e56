//! Jobs as rows.

use std::time::Duration;

use crate::Timestamp;
use crate::db::{FromRow, Json};
use crate::jobs::{Attempt, Claimed, JobId, JobState, JobView, Progress};

/// What a job waits for, or how it ended. One that is ready and has a node is running.
pub(super) const READY: i16 = 0;
pub(super) const SCHEDULED: i16 = 1;
pub(super) const WAITING: i16 = 2;
pub(super) const DONE: i16 = 3;
pub(super) const DEAD: i16 = 4;
pub(super) const CANCELLED: i16 = 5;

pub(super) fn state_of(stage: i16, has_node: bool) -> JobState {
    match stage {
        SCHEDULED => JobState::Scheduled,
        WAITING => JobState::Waiting,
        DONE => JobState::Done,
        DEAD => JobState::Dead,
        CANCELLED => JobState::Cancelled,
        _ if has_node => JobState::Running,
        _ => JobState::Ready,
    }
}

/// The stage of a state, and whether a job in it has a node where that matters.
pub(super) fn stage_of(state: JobState) -> (i16, Option<bool>) {
    match state {
        JobState::Scheduled => (SCHEDULED, None),
        JobState::Waiting => (WAITING, None),
        JobState::Ready => (READY, Some(false)),
        JobState::Running => (READY, Some(true)),
        JobState::Done => (DONE, None),
        JobState::Dead => (DEAD, None),
        JobState::Cancelled => (CANCELLED, None),
    }
}

/// A job that was just taken; its queue is the one asked about.
#[derive(FromRow)]
pub(super) struct ClaimedRow {
    id: JobId,
    fence: i64,
    kind: String,
    payload: String,
    priority: i16,
    seq: i64,
    key: Option<String>,
    unique_key: Option<String>,
    is_open_only: bool,
    failures: i32,
    max_attempts: i32,
    timeout_ms: i64,
    created_at: Timestamp,
    run_at: Timestamp,
    errors: Option<Json<Vec<Attempt>>>,
    correlation: Option<String>,
}

impl ClaimedRow {
    pub(super) fn of_queue(self, queue: &str) -> Claimed {
        Claimed {
            id: self.id,
            fence: self.fence,
            queue: queue.to_owned(),
            kind: self.kind,
            payload: self.payload,
            priority: self.priority,
            place: self.seq,
            key: self.key,
            unique_key: self.unique_key.filter(|_| self.is_open_only),
            failures: unsigned(self.failures),
            max_attempts: unsigned(self.max_attempts),
            timeout: Duration::from_millis(u64::try_from(self.timeout_ms).unwrap_or(0)),
            created_at: self.created_at,
            run_at: self.run_at,
            errors: self.errors.map(|errors| errors.0).unwrap_or_default(),
            correlation: self.correlation,
        }
    }
}

/// All of a job that is shown.
#[derive(FromRow)]
pub(super) struct ViewRow {
    id: JobId,
    queue: String,
    kind: String,
    stage: i16,
    has_node: bool,
    priority: i16,
    key: Option<String>,
    unique_key: Option<String>,
    failures: i32,
    max_attempts: i32,
    created_at: Timestamp,
    run_at: Timestamp,
    claimed_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
    progress: Option<Json<Progress>>,
    is_cancelling: bool,
    errors: Option<Json<Vec<Attempt>>>,
    payload: String,
    correlation: Option<String>,
}

impl From<ViewRow> for JobView {
    fn from(row: ViewRow) -> Self {
        Self {
            id: row.id,
            queue: row.queue,
            kind: row.kind,
            state: state_of(row.stage, row.has_node),
            priority: row.priority,
            key: row.key,
            unique_key: row.unique_key,
            failures: unsigned(row.failures),
            max_attempts: unsigned(row.max_attempts),
            created_at: row.created_at,
            run_at: row.run_at,
            claimed_at: row.claimed_at,
            finished_at: row.finished_at,
            progress: row.progress.map(|progress| progress.0),
            is_cancelling: row.is_cancelling,
            errors: row.errors.map(|errors| errors.0).unwrap_or_default(),
            payload: row.payload,
            correlation: row.correlation,
        }
    }
}

pub(super) fn signed(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn unsigned(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

pub(super) fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

pub(super) fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
