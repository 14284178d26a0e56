//! [`Flight`]: one load of a key, for all who ask meanwhile.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

/// One load of a key. Whoever holds `turn` runs the loader; the others wait for it, and find the outcome.
pub(super) struct Flight<V> {
    pub(super) key: Arc<str>,
    pub(super) tags: Arc<[Arc<str>]>,
    /// When it began, in invalidations.
    pub(super) began: u64,
    pub(super) turn: tokio::sync::Mutex<()>,
    pub(super) outcome: OnceLock<Outcome<V>>,
    /// Whether somebody loads it in the background.
    pub(super) is_revalidated: AtomicBool,
}

/// How a load ended.
pub(super) enum Outcome<V> {
    Value(Option<Arc<V>>),
    Failed(Arc<crate::Error>),
}

impl<V> Flight<V> {
    pub(super) fn new(key: &str, tags: &[Arc<str>], began: u64) -> Self {
        Self {
            key: key.into(),
            tags: tags.into(),
            began,
            turn: tokio::sync::Mutex::new(()),
            outcome: OnceLock::new(),
            is_revalidated: AtomicBool::new(false),
        }
    }
}

impl<V> Outcome<V> {
    pub(super) fn get(&self) -> Result<Option<Arc<V>>, crate::Error> {
        match self {
            Self::Value(value) => Ok(value.clone()),
            Self::Failed(error) => Err(crate::Error::shared(error)),
        }
    }
}
