//! [`ScheduleNode`]: fires schedules when it is time.

use std::fmt;
use std::time::Duration;

use super::{Error, ScheduleStore, Schedules};
use crate::backoff::Backoff;

const AFTER_FAILURE: Backoff =
    Backoff::new(Duration::from_millis(100), Duration::from_secs(10)).keeping_half();

/// Fires schedules when it is time. Every node of an application may run one: each tick is fired once all the
/// same, by the node whose clock reaches it first.
pub struct ScheduleNode<S> {
    schedules: Schedules<S>,
    poll: Duration,
}

impl<S: ScheduleStore> ScheduleNode<S> {
    /// A node that looks for schedules which others have added or changed every second.
    pub fn new(schedules: Schedules<S>) -> Self {
        Self { schedules, poll: Duration::from_secs(1) }
    }

    /// How long it waits at most before it looks for what others have added or changed.
    #[must_use]
    pub fn with_poll(mut self, poll: Duration) -> Self {
        self.poll = poll.max(Duration::from_millis(1));
        self
    }

    /// Runs until `shutdown` ends. Failures of the store are logged, and tried again. Dropping the future stops
    /// the node as a crash would: a tick is fired whole or not at all.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>) {
        tokio::select! {
            () = shutdown => {}
            () = self.run() => {}
        }
    }

    async fn run(&self) {
        let mut failures = 0;
        loop {
            let clock = self.schedules.clock();
            match self.round().await {
                Ok(next) => {
                    failures = 0;
                    // The wait for the next look goes on whatever the clock does meanwhile.
                    tokio::select! {
                        () = clock.sleep(self.poll) => {}
                        () = clock.sleep_until(next.unwrap_or(crate::Timestamp::MAX)) => {}
                    }
                }
                Err(error) => {
                    failures += 1;
                    tracing::error!(error = &error as &dyn std::error::Error, "schedules cannot be fired");
                    clock.sleep(AFTER_FAILURE.wait(failures)).await;
                }
            }
        }
    }

    async fn round(&self) -> Result<Option<crate::Timestamp>, Error> {
        self.schedules.fire_due().await?;
        let next = self.schedules.store().next().await?;
        // What is still due cannot be fired, and is tried again with the next look.
        Ok(next.filter(|next| *next > self.schedules.clock().now()))
    }
}

impl<S> fmt::Debug for ScheduleNode<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScheduleNode").field("poll", &self.poll).finish_non_exhaustive()
    }
}
