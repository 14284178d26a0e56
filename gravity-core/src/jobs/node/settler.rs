//! Writes what became of jobs, as many at once as there are.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::lane::Lane;
use crate::Clock;
use crate::backoff::Backoff;
use crate::jobs::{JobStore, Settled};

/// How long to wait before a store that failed is asked again.
const AFTER_FAILURE: Backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2)).keeping_half();

/// What is to be written.
pub(super) struct Outcomes<S> {
    waiting: Mutex<Vec<(Arc<Lane<S>>, Settled)>>,
    has_news: Notify,
    is_closed: AtomicBool,
}

impl<S> Default for Outcomes<S> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), has_news: Notify::new(), is_closed: AtomicBool::new(false) }
    }
}

impl<S: JobStore> Outcomes<S> {
    pub(super) fn push(&self, lane: Arc<Lane<S>>, settled: Settled) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push((lane, settled));
        self.has_news.notify_one();
    }

    /// Lets the writer end when it has written what is there by now.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        self.has_news.notify_one();
    }

    /// Writes until it is closed. To drop it in between would lose what it is writing just then: jobs that were done
    /// would be given back, and done again.
    pub(super) async fn write(&self, store: &S, clock: &Clock) {
        loop {
            let is_last = self.is_closed.load(Ordering::Acquire);
            self.flush(store, clock).await;
            if is_last {
                return;
            }
            self.has_news.notified().await;
        }
    }

    /// Writes all there is, however long the store fails.
    async fn flush(&self, store: &S, clock: &Clock) {
        loop {
            let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            if waiting.is_empty() {
                return;
            }
            let (lanes, settled): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
            let mut attempt = 0;
            loop {
                match store.settle(&settled, clock.now()).await {
                    Ok(refused) => {
                        for id in refused {
                            tracing::warn!(job = %id, "a job was another node's before it ended here");
                        }
                        break;
                    }
                    Err(error) => {
                        attempt += 1;
                        tracing::warn!(%error, "cannot write what became of jobs; trying again");
                        tokio::time::sleep(AFTER_FAILURE.wait(attempt)).await;
                    }
                }
            }
            for (lane, settled) in lanes.iter().zip(&settled) {
                lane.forget(&settled.job);
            }
        }
    }
}
