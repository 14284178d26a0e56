//! What a note is.

use gravity_core::{Entity, Id, Subject, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A note of somebody's. An owner has no two notes of the same title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::FromRow)]
pub(crate) struct Note {
    pub(crate) id: NoteId,
    pub(crate) owner: Subject,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) created_at: Timestamp,
    /// Counts the changes, from 1.
    pub(crate) version: i64,
}

impl Entity for Note {
    const PREFIX: &'static str = "note";
}

pub(crate) type NoteId = Id<Note>;

/// What somebody writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Draft {
    /// What it is about; the owner has no other note of this title.
    #[schemars(length(min = 1, max = 100))]
    pub(crate) title: String,
    #[serde(default)]
    #[schemars(length(max = 10_000))]
    pub(crate) body: String,
}
