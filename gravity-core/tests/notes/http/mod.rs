//! The routes of notes.

mod handlers;
mod problems;

pub(crate) use handlers::Rewrite;

use gravity_core::Permission;
use gravity_core::http::{Routes, delete, get, post, put};

use super::Notes;

pub(crate) const NOTES_READ: Permission = Permission::new("notes:read");
pub(crate) const NOTES_WRITE: Permission = Permission::new("notes:write");

/// The longest body that is read: a note of letters that take four bytes each, escaped.
const MOST: u64 = 128 * 1024;

#[rustfmt::skip]
pub(crate) fn routes(notes: &Notes) -> Routes {
    Routes::new()
        .route(get("/notes", "listNotes").allow(NOTES_READ).about("Lists the caller's notes").to(handlers::list))
        .route(post("/notes", "writeNote").allow(NOTES_WRITE).about("Writes a note").limit_body(MOST).to(handlers::write))
        .route(get("/notes/{id}", "readNote").allow(NOTES_READ).about("Reads a note").to(handlers::read))
        .route(put("/notes/{id}", "rewriteNote").allow(NOTES_WRITE).about("Rewrites a note").limit_body(MOST).to(handlers::rewrite))
        .route(delete("/notes/{id}", "discardNote").allow(NOTES_WRITE).about("Discards a note").to(handlers::discard))
        .state(notes)
}
