//! SQLite lets one transaction write at a time; this is the queue for it within a process.

use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};

use super::super::{Error, ErrorKind};

/// The queue of writers. It is fair, and nobody in it holds a connection or polls the file's lock; that is
/// left for writers of other processes.
pub(crate) struct SqliteGate {
    queue: Mutex<()>,
    timeout: Duration,
}

pub(super) type Turn<'a> = MutexGuard<'a, ()>;

impl Default for SqliteGate {
    fn default() -> Self {
        Self::new(Duration::from_secs(5))
    }
}

impl SqliteGate {
    pub(crate) fn new(timeout: Duration) -> Self {
        Self { queue: Mutex::new(()), timeout }
    }

    pub(super) async fn turn(&self) -> Result<Turn<'_>, Error> {
        tokio::time::timeout(self.timeout, self.queue.lock())
            .await
            .map_err(|_| Error::new(ErrorKind::Busy, "other transactions of this process kept the lock"))
    }
}
