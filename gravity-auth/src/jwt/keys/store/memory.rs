//! [`MemoryKeyStore`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use gravity_core::Error;

use super::{KeyRow, KeyStore};

/// Keys in memory: for tests, and for one process whose tokens need not outlive it. A clone is another handle
/// to the same keys.
#[derive(Debug, Clone, Default)]
pub struct MemoryKeyStore(Arc<Mutex<BTreeMap<(String, i64), KeyRow>>>);

impl MemoryKeyStore {
    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<(String, i64), KeyRow>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl KeyStore for MemoryKeyStore {
    async fn list(&self, set: &str) -> Result<Vec<KeyRow>, Error> {
        Ok(self.with(|rows| rows.values().filter(|row| row.set == set).cloned().collect()))
    }

    async fn add(&self, row: &KeyRow) -> Result<bool, Error> {
        Ok(self.with(|rows| {
            let place = (row.set.clone(), row.generation);
            let is_taken = rows.values().any(|other| other.set == row.set && other.id == row.id);
            if is_taken || rows.contains_key(&place) {
                return false;
            }
            rows.insert(place, row.clone());
            true
        }))
    }

    async fn remove(&self, set: &str, generation: i64) -> Result<bool, Error> {
        Ok(self.with(|rows| rows.remove(&(set.to_owned(), generation)).is_some()))
    }
}
