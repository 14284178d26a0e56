//! [`{{Type}}`]: the use cases.

use std::sync::Arc;

use gravity_core::page::CursorContext;
use gravity_core::{Id, Page, PageRequest, Subject};

use crate::{Item, ItemId, ItemStore, NewItem, {{Type}}Config, {{Type}}Error};

/// Everybody's items. Cheap to clone.
#[derive(Clone)]
pub struct {{Type}} {
    store: Arc<dyn ItemStore>,
    config: Arc<{{Type}}Config>,
}

impl {{Type}} {
    /// The service on this store.
    pub fn new(store: impl ItemStore, config: {{Type}}Config) -> Self {
        Self { store: Arc::new(store), config: Arc::new(config) }
    }

    /// Makes an item, unless the owner has one of this name.
    pub async fn create(&self, owner: &Subject, new: NewItem) -> Result<Item, {{Type}}Error> {
        let clock = &self.config.clock;
        let item = Item { id: Id::new(clock), owner: owner.clone(), name: new.name, created_at: clock.now() };
        self.store.add(&item).await?;
        Ok(item)
    }

    /// The owner's item.
    pub async fn read(&self, owner: &Subject, id: ItemId) -> Result<Item, {{Type}}Error> {
        self.store.find(owner, id).await?.ok_or({{Type}}Error::NotFound)
    }

    /// The owner's items, the newest first. A cursor of one owner's list opens no other's.
    pub async fn list(&self, owner: &Subject, page: &PageRequest) -> Result<Page<Item>, {{Type}}Error> {
        let context = CursorContext::new("{{snake}}.items").filter("owner", owner);
        let from = page.position(&self.config.cursors, &context)?;
        let rows = self.store.newest(owner, from.as_ref(), page.limit(self.config.pages)).await?;
        Ok(rows.seal(&self.config.cursors, &context)?)
    }

    /// Deletes the owner's item.
    pub async fn delete(&self, owner: &Subject, id: ItemId) -> Result<(), {{Type}}Error> {
        if self.store.remove(owner, id).await? { Ok(()) } else { Err({{Type}}Error::NotFound) }
    }
}
