//! What can go wrong with notes.

use gravity_core::page::CursorError;
use gravity_core::{Error, db};

#[derive(Debug, thiserror::Error)]
pub(crate) enum NotesError {
    #[error("there is no such note")]
    NotFound,
    #[error("there is a note of this title already")]
    TitleTaken,
    #[error("the note was changed by somebody else meanwhile")]
    Changed,
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<db::Error> for NotesError {
    fn from(error: db::Error) -> Self {
        if error.is_unique_violation_on("notes", &["owner", "title"]) {
            Self::TitleTaken
        } else {
            Self::Other(error.into())
        }
    }
}

impl From<CursorError> for NotesError {
    fn from(error: CursorError) -> Self {
        Self::Other(error.into())
    }
}
