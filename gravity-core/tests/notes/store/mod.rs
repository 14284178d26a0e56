//! The contract of a store of notes.

mod memory;
mod sql;

pub(crate) use memory::MemoryStore;
pub(crate) use sql::SqlStore;

use gravity_core::Subject;
use gravity_core::page::{KeyColumn, KeyKind, KeyValue, Keyset, PageRows, Position};

use super::{Draft, Note, NoteId, NotesError};

/// The order of an owner's notes.
const NEWEST: Keyset =
    Keyset::new(&[KeyColumn::desc("created_at", KeyKind::Time), KeyColumn::desc("id", KeyKind::Uuid)]);

/// Where a note stands in that order.
fn place(note: &Note) -> Vec<KeyValue> {
    vec![note.created_at.into(), note.id.into()]
}

/// Keeps notes. Every verb is atomic, and sees only the notes of the owner it is given.
#[async_trait::async_trait]
pub(crate) trait NoteStore: Send + Sync + 'static {
    /// Adds a note. Of several with one owner and title exactly one is added; the others are `TitleTaken`.
    async fn add(&self, note: &Note) -> Result<(), NotesError>;

    /// The note, if the owner has it.
    async fn find(&self, owner: &Subject, id: NoteId) -> Result<Option<Note>, NotesError>;

    /// Replaces title and body and counts the version up, if it is `version`. Of several callers with one
    /// version exactly one succeeds; the others are told `Changed`. `NotFound` without the note, and
    /// `TitleTaken` if another note of the owner has the title.
    async fn replace(
        &self,
        owner: &Subject,
        id: NoteId,
        version: i64,
        draft: &Draft,
    ) -> Result<Note, NotesError>;

    /// Removes the note. Of several callers exactly one succeeds; the others are told `NotFound`.
    async fn remove(&self, owner: &Subject, id: NoteId) -> Result<(), NotesError>;

    /// The owner's notes, the newest first, page by page, either way.
    async fn newest(
        &self,
        owner: &Subject,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Note>, NotesError>;
}
