//! [`SagaRecord`]: all that is known about a saga.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{SagaStatus, StepStatus};
use crate::{Entity, Id, Timestamp};

/// Stands for sagas in their ids.
#[derive(Debug, Clone, Copy)]
pub struct SagaEntity;

impl Entity for SagaEntity {
    const PREFIX: &'static str = "saga";
}

/// The id of a saga, `saga_01h455vb4pex5vsknk084sn02q` on the wire.
pub type SagaId = Id<SagaEntity>;

/// All that is known about a saga.
#[derive(Debug, Clone, PartialEq)]
pub struct SagaRecord {
    /// Its id.
    pub id: SagaId,
    /// [`Saga::NAME`](super::Saga::NAME) of its kind.
    pub name: String,
    /// The version of its steps.
    pub version: u32,
    /// Where it is in its life.
    pub status: SagaStatus,
    /// Grows with every checkpoint. Whoever works on an older one writes nothing.
    pub checkpoint: i64,
    /// When it began.
    pub started_at: Timestamp,
    /// When something last happened to it.
    pub updated_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// The rest.
    pub progress: Progress,
}

/// How far a saga has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// What its steps know.
    pub state: Value,
    /// Its steps, in order.
    pub steps: Vec<StepRecord>,
    /// Which one is run or undone.
    pub at: usize,
    /// How often that has failed.
    pub failures: u32,
    /// When it goes on, if it waits.
    pub wake_at: Option<Timestamp>,
    /// The signal that it waits for.
    pub waits_for: Option<String>,
    /// Signals that have come and were not waited for yet.
    pub signals: BTreeMap<String, Value>,
    /// Whether it is to be cancelled.
    pub is_cancelling: bool,
    /// Whether what was done is undone.
    pub is_compensating: bool,
    /// Why it is undone or stuck.
    pub error: Option<String>,
}

/// How far a step has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// Its name.
    pub name: String,
    /// Where it is in its life.
    pub status: StepStatus,
    /// How often it was run to its end, and its compensation, too.
    pub attempts: u32,
    /// When it was first run.
    pub started_at: Option<Timestamp>,
    /// When it was done or undone, or failed for good.
    pub finished_at: Option<Timestamp>,
    /// What went wrong last.
    pub error: Option<String>,
}

impl StepRecord {
    pub(super) fn pending(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            status: StepStatus::Pending,
            attempts: 0,
            started_at: None,
            finished_at: None,
            error: None,
        }
    }
}
