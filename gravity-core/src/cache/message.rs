//! What nodes tell each other.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What is not valid any more, and which handle says so: it has forgotten it already.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) by: Uuid,
    pub(super) what: Message,
}

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
