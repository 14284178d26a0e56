//! What each route does: all of it in the use cases, nothing here.

use gravity_core::http::{Created, Json, NoContent, Path, Query, State};
use gravity_core::{Page, PageRequest, Principal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::notes::{Draft, Note, NoteId, Notes, NotesError};

/// What is to stand in a note, and the version that the writer has seen.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Rewrite {
    #[schemars(range(min = 1))]
    pub(crate) version: i64,
    #[serde(flatten)]
    pub(crate) draft: Draft,
}

pub(super) async fn list(
    State(notes): State<Notes>,
    caller: Principal,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<Note>>, NotesError> {
    notes.list(caller.subject(), &page).await.map(Json)
}

pub(super) async fn write(
    State(notes): State<Notes>,
    caller: Principal,
    Json(draft): Json<Draft>,
) -> Result<Created<Note>, NotesError> {
    let note = notes.write(caller.subject(), draft).await?;
    Ok(Created::new(note.id, note))
}

pub(super) async fn read(
    State(notes): State<Notes>,
    caller: Principal,
    Path(id): Path<NoteId>,
) -> Result<Json<Note>, NotesError> {
    notes.read(caller.subject(), id).await.map(Json)
}

pub(super) async fn rewrite(
    State(notes): State<Notes>,
    caller: Principal,
    Path(id): Path<NoteId>,
    Json(rewrite): Json<Rewrite>,
) -> Result<Json<Note>, NotesError> {
    notes.rewrite(caller.subject(), id, rewrite.version, &rewrite.draft).await.map(Json)
}

pub(super) async fn discard(
    State(notes): State<Notes>,
    caller: Principal,
    Path(id): Path<NoteId>,
) -> Result<NoContent, NotesError> {
    notes.discard(caller.subject(), id).await.map(|()| NoContent)
}
