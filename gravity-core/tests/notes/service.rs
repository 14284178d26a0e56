//! The use cases.

use std::sync::Arc;

use gravity_core::page::{CursorContext, CursorKeys, PageLimits};
use gravity_core::{Clock, Id, Page, PageRequest, Subject};

use super::store::NoteStore;
use super::{Draft, Note, NoteId, NotesError};

/// Everybody's notes.
#[derive(Clone)]
pub(crate) struct Notes {
    store: Arc<dyn NoteStore>,
    cursors: CursorKeys,
    clock: Clock,
}

impl Notes {
    pub(crate) fn new(store: Arc<dyn NoteStore>, cursors: CursorKeys, clock: Clock) -> Self {
        Self { store, cursors, clock }
    }

    pub(crate) async fn write(&self, owner: &Subject, draft: Draft) -> Result<Note, NotesError> {
        let note = Note {
            id: Id::new(&self.clock),
            owner: owner.clone(),
            title: draft.title,
            body: draft.body,
            created_at: self.clock.now(),
            version: 1,
        };
        self.store.add(&note).await?;
        Ok(note)
    }

    pub(crate) async fn read(&self, owner: &Subject, id: NoteId) -> Result<Note, NotesError> {
        self.store.find(owner, id).await?.ok_or(NotesError::NotFound)
    }

    pub(crate) async fn rewrite(
        &self,
        owner: &Subject,
        id: NoteId,
        version: i64,
        draft: &Draft,
    ) -> Result<Note, NotesError> {
        self.store.replace(owner, id, version, draft).await
    }

    pub(crate) async fn discard(&self, owner: &Subject, id: NoteId) -> Result<(), NotesError> {
        self.store.remove(owner, id).await
    }

    /// The owner's notes, the newest first. A cursor of one owner's list opens no other's.
    pub(crate) async fn list(&self, owner: &Subject, page: &PageRequest) -> Result<Page<Note>, NotesError> {
        let context = CursorContext::new("notes.list").filter("owner", owner);
        let from = page.position(&self.cursors, &context)?;
        let rows = self.store.newest(owner, from.as_ref(), page.limit(PageLimits::default())).await?;
        Ok(rows.seal(&self.cursors, &context)?)
    }
}
