//! Notes in memory: the contract in its plainest form.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use gravity_core::Subject;
use gravity_core::page::{PageRows, Position};

use super::{Draft, NEWEST, Note, NoteId, NoteStore, NotesError, place};

/// Forgets everything when it is dropped.
#[derive(Default)]
pub(crate) struct MemoryStore {
    notes: Mutex<BTreeMap<NoteId, Note>>,
}

impl MemoryStore {
    fn notes(&self) -> MutexGuard<'_, BTreeMap<NoteId, Note>> {
        self.notes.lock().unwrap()
    }
}

fn is_taken(notes: &BTreeMap<NoteId, Note>, owner: &Subject, title: &str, except: NoteId) -> bool {
    notes.values().any(|note| note.owner == *owner && note.title == title && note.id != except)
}

#[async_trait::async_trait]
impl NoteStore for MemoryStore {
    async fn add(&self, note: &Note) -> Result<(), NotesError> {
        let mut notes = self.notes();
        if is_taken(&notes, &note.owner, &note.title, note.id) {
            return Err(NotesError::TitleTaken);
        }
        notes.insert(note.id, note.clone());
        Ok(())
    }

    async fn find(&self, owner: &Subject, id: NoteId) -> Result<Option<Note>, NotesError> {
        Ok(self.notes().get(&id).filter(|note| note.owner == *owner).cloned())
    }

    async fn replace(
        &self,
        owner: &Subject,
        id: NoteId,
        version: i64,
        draft: &Draft,
    ) -> Result<Note, NotesError> {
        let mut notes = self.notes();
        let taken = is_taken(&notes, owner, &draft.title, id);
        let note = notes.get_mut(&id).filter(|note| note.owner == *owner).ok_or(NotesError::NotFound)?;
        if note.version != version {
            return Err(NotesError::Changed);
        }
        if taken {
            return Err(NotesError::TitleTaken);
        }
        note.title.clone_from(&draft.title);
        note.body.clone_from(&draft.body);
        note.version += 1;
        Ok(note.clone())
    }

    async fn remove(&self, owner: &Subject, id: NoteId) -> Result<(), NotesError> {
        let mut notes = self.notes();
        notes.get(&id).filter(|note| note.owner == *owner).ok_or(NotesError::NotFound)?;
        notes.remove(&id);
        Ok(())
    }

    async fn newest(
        &self,
        owner: &Subject,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Note>, NotesError> {
        let notes = self.notes();
        let theirs = notes.values().filter(|note| note.owner == *owner).cloned();
        Ok(NEWEST.pick(theirs, from, limit, place)?)
    }
}
