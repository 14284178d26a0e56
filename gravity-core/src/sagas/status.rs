//! Where a saga and its steps are in their lives.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($ty:ident: $($variant:ident = $word:literal),*) => {
        impl $ty {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl fmt::Display for $ty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $ty {
            type Err = super::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let known = Self::ALL.iter().copied().find(|word| word.as_str() == text);
                known.ok_or_else(|| super::Error::invalid("status", "there is no such status"))
            }
        }
    };
}

/// Where a saga is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SagaStatus {
    /// Its steps are run.
    Running,
    /// A step sleeps, or waits for a signal.
    Waiting,
    /// A step has failed, or it was cancelled: the steps that were done are undone, the last one first.
    Compensating,
    /// All steps were done.
    Completed,
    /// All that had been done was undone.
    Compensated,
    /// A compensation has failed for good, or its steps are not those that it began with: somebody has to look.
    Stuck,
}

words!(SagaStatus: Running = "running", Waiting = "waiting", Compensating = "compensating",
    Completed = "completed", Compensated = "compensated", Stuck = "stuck");

impl SagaStatus {
    /// Whether nothing will ever happen to it again.
    pub const fn is_finished(self) -> bool {
        matches!(self, Self::Completed | Self::Compensated)
    }
}

/// Where a step is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// It has not begun.
    Pending,
    /// It is run, waits, or is to be tried again.
    Running,
    /// It was done.
    Done,
    /// It has failed for good, or was given up.
    Failed,
    /// It is being undone.
    Compensating,
    /// It was undone, or has nothing to undo.
    Compensated,
}

words!(StepStatus: Pending = "pending", Running = "running", Done = "done", Failed = "failed",
    Compensating = "compensating", Compensated = "compensated");
