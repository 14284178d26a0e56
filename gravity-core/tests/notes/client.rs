//! Notes from afar: the same calls in process and over a network.

use gravity_core::http::client::{Client, ClientError};
use gravity_core::{Page, PageRequest};

use super::http::Rewrite;
use super::{Draft, Note, NoteId};

#[derive(Clone)]
pub(crate) struct NotesClient(Client);

impl NotesClient {
    pub(crate) fn new(client: Client) -> Self {
        Self(client)
    }

    pub(crate) async fn list(&self, page: &PageRequest) -> Result<Page<Note>, ClientError> {
        self.0.get("/notes").query(page).send().await
    }

    pub(crate) async fn write(&self, draft: &Draft) -> Result<Note, ClientError> {
        self.0.post("/notes").json(draft).send().await
    }

    pub(crate) async fn read(&self, id: NoteId) -> Result<Option<Note>, ClientError> {
        self.0.get("/notes").segment(id).send_optional().await
    }

    pub(crate) async fn rewrite(&self, id: NoteId, rewrite: &Rewrite) -> Result<Note, ClientError> {
        self.0.put("/notes").segment(id).json(rewrite).send().await
    }

    pub(crate) async fn discard(&self, id: NoteId) -> Result<(), ClientError> {
        self.0.delete("/notes").segment(id).send_empty().await
    }
}
