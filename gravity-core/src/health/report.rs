//! The documents that tell how the service is doing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// How the service is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "HealthCondition")]
pub enum Condition {
    /// All is well.
    Healthy,
    /// Something is missing that the service can do without.
    Degraded,
    /// Something is missing that the service cannot do without, or it is going away.
    Unhealthy,
}

/// That the service lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Health")]
pub struct Standing {
    /// How it is doing.
    pub status: Condition,
    /// What it is called.
    pub service: String,
    /// Which release it is.
    pub version: String,
    /// When it said so.
    pub timestamp: Timestamp,
}

/// How the service is doing, and all that it depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "HealthDetails")]
pub struct Details {
    /// How it is doing.
    pub status: Condition,
    /// What it is called.
    pub service: String,
    /// Which release it is.
    pub version: String,
    /// When it said so.
    pub timestamp: Timestamp,
    /// Whether it is going away.
    pub is_draining: bool,
    /// What it depends on.
    pub dependencies: Vec<Dependency>,
}

/// How something that the service depends on is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "HealthDependency")]
pub struct Dependency {
    /// What it is called.
    pub name: String,
    /// `healthy` or `degraded`.
    pub status: Condition,
    /// Whether the service is of no use without it.
    pub is_critical: bool,
    /// How long it took to answer, or to fail, in milliseconds.
    pub latency_ms: u64,
    /// Since when it has been doing so, as far as was seen.
    pub since: Timestamp,
    /// When it was asked.
    pub checked_at: Timestamp,
    /// What was wrong the last time that something was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_fault: Option<Fault>,
}

/// What was wrong, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "HealthFault")]
pub struct Fault {
    /// When.
    pub at: Timestamp,
    /// What, without credentials.
    pub text: String,
}
