//! The statement timeout of SQLite, which has none of its own: a flag that the connection's thread
//! looks at while it works.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::SqliteConnection;

/// How many instructions of SQLite's machine pass between two looks: some ten microseconds.
const OPERATIONS: i32 = 1000;
const NONE: u64 = u64::MAX;

/// When the statement that runs on one connection has to end.
pub(super) struct Deadline {
    shared: Arc<Shared>,
    timeout: Duration,
}

struct Shared {
    start: Instant,
    /// Nanoseconds after `start`.
    end: AtomicU64,
}

impl Deadline {
    /// Makes the connection obey a new deadline, in place of the one of whoever had it before.
    pub(super) async fn install(
        connection: &mut SqliteConnection,
        timeout: Duration,
    ) -> Result<Self, sqlx::Error> {
        let shared = Arc::new(Shared { start: Instant::now(), end: AtomicU64::new(NONE) });
        let seen = Arc::clone(&shared);
        connection.lock_handle().await?.set_progress_handler(OPERATIONS, move || {
            let end = seen.end.load(Ordering::Relaxed);
            end == NONE || nanoseconds(seen.start.elapsed()) < end
        });
        Ok(Self { shared, timeout })
    }

    /// Counts from now.
    pub(super) fn begin(&self) {
        self.set(nanoseconds(self.shared.start.elapsed().saturating_add(self.timeout)));
    }

    /// Lets the commit that follows take its time.
    pub(super) fn lift(&self) {
        self.set(NONE);
    }

    fn set(&self, end: u64) {
        self.shared.end.store(end, Ordering::Relaxed);
    }
}

/// A statement whose caller went away is of no use to anyone. Without this it would hold the connection
/// until it is done; a connection that does nothing does not see it.
impl Drop for Deadline {
    fn drop(&mut self) {
        self.set(if self.shared.end.load(Ordering::Relaxed) == NONE { NONE } else { 0 });
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(NONE - 1)
}
