//! [`Missed`]: what becomes of ticks at which nobody was there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What becomes of ticks at which nobody was there, because all nodes were down or cut off for longer than the
/// schedule's tolerance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Missed {
    /// They are passed over.
    Skip,
    /// The last of them is fired, for all of them.
    #[default]
    Once,
    /// Each is fired, in order, and of more than the limit the last ones.
    Each {
        /// The most that are fired; no more than [`Missed::MOST`].
        #[schemars(range(min = 1, max = 1000))]
        limit: u16,
    },
}

impl Missed {
    /// The most missed ticks that are fired.
    pub const MOST: u16 = 1_000;

    /// How many of those that were missed are fired.
    pub(super) fn limit(self) -> usize {
        match self {
            Self::Skip => 0,
            Self::Once => 1,
            Self::Each { limit } => limit.min(Self::MOST).into(),
        }
    }
}
