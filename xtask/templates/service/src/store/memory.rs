//! [`MemoryStore`]: the contract in its plainest form.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use gravity_core::Subject;
use gravity_core::page::{PageRows, Position};

use super::{ItemStore, NEWEST, place};
use crate::{Item, ItemId, {{Type}}Error};

/// Keeps items until it is dropped: for tests and trials.
#[derive(Debug, Default)]
pub struct MemoryStore {
    items: Mutex<BTreeMap<ItemId, Item>>,
}

impl MemoryStore {
    fn items(&self) -> MutexGuard<'_, BTreeMap<ItemId, Item>> {
        // No verb stops halfway: what a panicking caller leaves behind is whole.
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ItemStore for MemoryStore {
    async fn add(&self, item: &Item) -> Result<(), {{Type}}Error> {
        let mut items = self.items();
        if items.values().any(|other| other.owner == item.owner && other.name == item.name) {
            return Err({{Type}}Error::NameTaken);
        }
        items.insert(item.id, item.clone());
        Ok(())
    }

    async fn find(&self, owner: &Subject, id: ItemId) -> Result<Option<Item>, {{Type}}Error> {
        Ok(self.items().get(&id).filter(|item| item.owner == *owner).cloned())
    }

    async fn remove(&self, owner: &Subject, id: ItemId) -> Result<bool, {{Type}}Error> {
        let mut items = self.items();
        let is_theirs = items.get(&id).is_some_and(|item| item.owner == *owner);
        Ok(is_theirs && items.remove(&id).is_some())
    }

    async fn newest(
        &self,
        owner: &Subject,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Item>, {{Type}}Error> {
        let items = self.items();
        let theirs = items.values().filter(|item| item.owner == *owner).cloned();
        Ok(NEWEST.pick(theirs, from, limit, place)?)
    }
}
