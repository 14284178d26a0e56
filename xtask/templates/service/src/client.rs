//! [`{{Type}}Client`]: the service from afar.

use gravity_core::http::client::{Client, ClientError};
use gravity_core::{Page, PageRequest};

use crate::{Item, ItemId, NewItem};

/// Calls the routes of [`http::routes`](crate::http::routes), in this process or on another machine.
#[derive(Debug, Clone)]
pub struct {{Type}}Client(Client);

impl {{Type}}Client {
    /// A client of the service that `client` reaches, which shows who calls.
    pub fn new(client: Client) -> Self {
        Self(client)
    }

    /// A page of the caller's items, the newest first.
    pub async fn list(&self, page: &PageRequest) -> Result<Page<Item>, ClientError> {
        self.0.get("/items").query(page).send().await
    }

    /// Makes an item.
    pub async fn create(&self, new: &NewItem) -> Result<Item, ClientError> {
        self.0.post("/items").json(new).send().await
    }

    /// The caller's item, if there is one of this id.
    pub async fn read(&self, id: ItemId) -> Result<Option<Item>, ClientError> {
        self.0.get("/items").segment(id).send_optional().await
    }

    /// Deletes an item.
    pub async fn delete(&self, id: ItemId) -> Result<(), ClientError> {
        self.0.delete("/items").segment(id).send_empty().await
    }
}
