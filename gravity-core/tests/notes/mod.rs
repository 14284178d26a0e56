//! A small service that shows that the seams carry one. Only tests use it.
#![allow(dead_code, unused_imports, reason = "no test file uses all of it")]

pub(crate) mod client;
pub(crate) mod error;
pub(crate) mod http;
pub(crate) mod note;
pub(crate) mod service;
pub(crate) mod store;

pub(crate) use client::NotesClient;
pub(crate) use error::NotesError;
pub(crate) use note::{Draft, Note, NoteId};
pub(crate) use service::Notes;
