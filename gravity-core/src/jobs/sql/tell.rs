//! Tells nodes that there may be something to do.

use std::sync::atomic::Ordering;

use crate::db::{self, Engine, Tx};
use crate::jobs::Error;

use super::SqlJobs;

/// A process tells the server no more often than this: the server lets transactions which notify commit one
/// after the other. What it is not told is found by those who ask, and they do so often while jobs come.
const TELL_EVERY_MICROSECONDS: u64 = 10_000;

const CHANNEL: &str = "gravity_jobs";

impl SqlJobs {
    /// Tells those who wait for jobs, from within the transaction.
    pub(super) async fn tell(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        self.hint();
        self.tell_server(tx).await
    }

    /// Tells the nodes of other processes, from within the transaction.
    pub(super) async fn tell_server(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        if tx.engine() == Engine::Postgres && self.may_tell() {
            tx.query("SELECT pg_notify('gravity_jobs', '')").execute().await?;
        }
        Ok(())
    }

    /// Tells the nodes of this process.
    pub(super) fn hint(&self) {
        self.0.has_news.store(true, Ordering::Release);
        self.0.hint.send_replace(());
    }

    /// Whether something was written, and perhaps not yet committed, since this was last asked.
    pub(super) fn take_news(&self) -> bool {
        self.0.has_news.swap(false, Ordering::AcqRel)
    }

    pub(super) fn may_tell(&self) -> bool {
        let now = u64::try_from(self.0.began.elapsed().as_micros()).unwrap_or(u64::MAX).max(1);
        let told_at = self.0.told_at.load(Ordering::Relaxed);
        let is_due = told_at == 0 || now.saturating_sub(told_at) >= TELL_EVERY_MICROSECONDS;
        is_due && self.0.told_at.compare_exchange(told_at, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Passes the server's hints on, for as long as it is polled.
    pub(super) async fn listen_to_server(&self) {
        db::listen(self.db(), CHANNEL, || {
            self.0.hint.send_replace(());
        })
        .await;
    }
}
