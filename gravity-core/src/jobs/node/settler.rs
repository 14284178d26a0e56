//! Writes what became of jobs, as many at once as there are.

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
    has_some: Notify,
}

impl<S> Default for Outcomes<S> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), has_some: Notify::new() }
    }
}

impl<S: JobStore> Outcomes<S> {
    pub(super) fn push(&self, lane: Arc<Lane<S>>, settled: Settled) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push((lane, settled));
        self.has_some.notify_one();
    }

    /// Writes for ever.
    pub(super) async fn write(&self, store: &S, clock: &Clock) {
        loop {
            self.has_some.notified().await;
            self.flush(store, clock).await;
        }
    }

    /// Writes all there is, however long the store fails.
    pub(super) async fn flush(&self, store: &S, clock: &Clock) {
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
