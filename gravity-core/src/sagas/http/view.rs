//! What of a saga is shown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::sagas::{SagaCount, SagaId, SagaRecord, SagaStatus, StepRecord, StepStatus};

/// A saga.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Saga")]
pub struct SagaView {
    /// Its id.
    pub id: SagaId,
    /// What it is called.
    pub name: String,
    /// The version of its steps.
    pub version: u32,
    /// Where it is in its life.
    pub status: SagaStatus,
    /// When it began.
    pub started_at: Timestamp,
    /// When something last happened to it.
    pub updated_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// When it goes on, if it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wakes_at: Option<Timestamp>,
    /// The signal that it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
    /// Whether it is to be cancelled.
    pub is_cancelling: bool,
    /// Why it is undone or stuck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Its steps, in order.
    pub steps: Vec<StepView>,
}

/// A step of a saga.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SagaStep")]
pub struct StepView {
    /// Its name.
    pub name: String,
    /// Where it is in its life.
    pub status: StepStatus,
    /// How often it was run to its end, and its compensation, too.
    pub attempts: u32,
    /// When it was first run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it was done or undone, or failed for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// What went wrong last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl From<SagaRecord> for SagaView {
    fn from(saga: SagaRecord) -> Self {
        let progress = saga.progress;
        Self {
            id: saga.id,
            name: saga.name,
            version: saga.version,
            status: saga.status,
            started_at: saga.started_at,
            updated_at: saga.updated_at,
            finished_at: saga.finished_at,
            wakes_at: progress.wake_at,
            waits_for: progress.waits_for,
            is_cancelling: progress.is_cancelling,
            error: progress.error,
            steps: progress.steps.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<StepRecord> for StepView {
    fn from(step: StepRecord) -> Self {
        Self {
            name: step.name,
            status: step.status,
            attempts: step.attempts,
            started_at: step.started_at,
            finished_at: step.finished_at,
            error: step.error,
        }
    }
}

/// How many sagas there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SagaCounts")]
pub struct CountsView {
    /// By name and status.
    pub counts: Vec<CountView>,
}

/// How many sagas of a kind are in a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SagaCount")]
pub struct CountView {
    /// The kind.
    pub name: String,
    /// The status.
    pub status: SagaStatus,
    /// How many.
    pub sagas: u64,
}

impl From<SagaCount> for CountView {
    fn from(count: SagaCount) -> Self {
        Self { name: count.name, status: count.status, sagas: count.sagas }
    }
}
