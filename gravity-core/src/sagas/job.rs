//! [`SagaStep`]: the job that runs the next step of a saga.

use serde::{Deserialize, Serialize};

use super::SagaId;
use crate::jobs::Job;

/// The job that runs the next step of a saga, or its compensation. Each checkpoint enqueues one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SagaStep {
    /// The saga.
    pub saga: SagaId,
    /// The checkpoint that it goes on from. Once the saga is beyond it, there is nothing to do.
    pub checkpoint: i64,
}

impl Job for SagaStep {
    const KIND: &'static str = "gravity.saga";
    const QUEUE: &'static str = "sagas";
    /// Steps have retries of their own; what fails here is the database.
    const MAX_ATTEMPTS: u32 = 10_000;
}
