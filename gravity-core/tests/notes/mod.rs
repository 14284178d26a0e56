//! A small service that shows that the seams carry one. Only tests use it.

pub(crate) mod error;
pub(crate) mod note;
pub(crate) mod service;
pub(crate) mod store;

pub(crate) use error::NotesError;
pub(crate) use note::{Draft, Note, NoteId};
pub(crate) use service::Notes;
