//! [`AvatarFiles`]: who keeps people's pictures.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use gravity_core::Error;

use super::Picture;

/// Keeps people's pictures, by names that are never used twice. Who sees one is not its business: it is asked after
/// that was decided.
#[async_trait]
pub trait AvatarFiles: fmt::Debug + Send + Sync + 'static {
    /// Keeps a picture under a name.
    async fn put(&self, name: &str, picture: &Picture) -> Result<(), Error>;

    /// The picture of a name, if there is one.
    async fn get(&self, name: &str) -> Result<Option<Picture>, Error>;

    /// Lets a picture go. To do so twice is no fault.
    async fn remove(&self, name: &str) -> Result<(), Error>;
}

/// Keeps pictures in the memory of the process, for development and tests: they are gone when it ends, and other
/// nodes do not have them.
#[derive(Debug, Clone, Default)]
pub struct MemoryFiles(Arc<Mutex<HashMap<String, Picture>>>);

impl MemoryFiles {
    /// How many pictures there are.
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[async_trait]
impl AvatarFiles for MemoryFiles {
    async fn put(&self, name: &str, picture: &Picture) -> Result<(), Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), picture.clone());
        Ok(())
    }

    async fn get(&self, name: &str) -> Result<Option<Picture>, Error> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned())
    }

    async fn remove(&self, name: &str) -> Result<(), Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        Ok(())
    }
}
