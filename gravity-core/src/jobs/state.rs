//! [`JobState`]: where a job is in its life.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a job is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for its time: the first, or that of another attempt.
    Scheduled,
    /// Waits behind another job of its key.
    Waiting,
    /// May run as soon as a node has room for it.
    Ready,
    /// A node has it.
    Running,
    /// Was done, and is kept for a time.
    Done,
    /// Failed for good.
    Dead,
    /// Was cancelled.
    Cancelled,
}

impl JobState {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Scheduled, Self::Waiting, Self::Ready, Self::Running, Self::Done, Self::Dead, Self::Cancelled];

    /// Whether it will never run again by itself.
    pub fn is_finished(self) -> bool {
        matches!(self, Self::Done | Self::Dead | Self::Cancelled)
    }

    /// As on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Waiting => "waiting",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for JobState {
    type Err = super::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let state = Self::ALL.into_iter().find(|state| state.as_str() == text);
        state.ok_or_else(|| super::Error::invalid("state", "no such state"))
    }
}

/// How far a job has come, by its own account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Progress {
    /// From 0 to 100.
    pub percent: u8,
    /// In words.
    pub note: Option<String>,
}
