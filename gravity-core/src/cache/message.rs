//! What nodes tell each other.

use serde::{Deserialize, Serialize};

/// What is not valid any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Message {
    /// One entry, by its key as it is kept.
    Key(String),
    /// All with this tag.
    Tag(String),
    /// All.
    All,
}
