//! [`Probe`]: what the routes of the suite tell the test that asks them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// Counts what happens in the handlers. Cheap to clone; every clone sees the same.
#[derive(Debug, Clone, Default)]
pub struct Probe(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    started: watch::Sender<u64>,
    ended: watch::Sender<u64>,
    produced: watch::Sender<u64>,
}

/// Lives as long as a handler and its body do.
#[derive(Debug)]
pub(super) struct Guard(Probe);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.ended.send_modify(|count| *count += 1);
    }
}

impl Probe {
    pub(super) fn guard(&self) -> Guard {
        self.0.started.send_modify(|count| *count += 1);
        Guard(self.clone())
    }

    pub(super) fn produce(&self, bytes: u64) {
        self.0.produced.send_modify(|count| *count += bytes);
    }

    /// How many bytes the streaming routes have made.
    pub fn produced(&self) -> u64 {
        *self.0.produced.borrow()
    }

    /// How many guarded handlers have started.
    pub fn started(&self) -> u64 {
        *self.0.started.borrow()
    }

    /// Waits until a guarded handler is at work that was not before.
    pub(super) async fn wait_started(&self, before: u64) {
        wait(&self.0.started, before, "no handler has started").await;
    }

    /// How many guarded handlers are no more.
    pub fn ended(&self) -> u64 {
        *self.0.ended.borrow()
    }

    pub(super) async fn wait_ended(&self, before: u64) {
        wait(&self.0.ended, before, "the handler lives on").await;
    }

    /// Waits until the streaming routes have made nothing for a while; how much they have made.
    pub(super) async fn wait_quiet(&self) -> u64 {
        let mut watcher = self.0.produced.subscribe();
        while timeout(Duration::from_millis(500), watcher.changed()).await.is_ok() {}
        self.produced()
    }
}

async fn wait(counter: &watch::Sender<u64>, before: u64, fault: &str) {
    let mut watcher = counter.subscribe();
    let reached = watcher.wait_for(|count| *count > before);
    assert!(timeout(Duration::from_secs(20), reached).await.is_ok(), "{fault}");
}
