//! [`NodeConfig`]: how a node works.

use std::time::Duration;

use crate::Metrics;
use crate::events::Retention;

/// How a node works. All nodes of a subscriber should have the same lease.
#[derive(Debug, Clone)]
#[must_use]
pub struct NodeConfig {
    pub(super) lease: Duration,
    pub(super) poll: Duration,
    pub(super) concurrency: usize,
    pub(super) metrics: Metrics,
    pub(super) retention: Option<Retention>,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(15),
            poll: Duration::from_secs(1),
            concurrency: 4,
            metrics: Metrics::new(),
            retention: None,
        }
    }
}

impl NodeConfig {
    /// A lease of 15 s, a poll every second, four batches at once.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long a node may be silent before others take its lanes. It gives a sign four times as often.
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease.max(Duration::from_millis(20));
        self
    }

    /// How long an idle node waits at most before it asks for events of which it got no hint.
    pub fn with_poll(mut self, poll: Duration) -> Self {
        self.poll = poll.max(Duration::from_millis(1));
        self
    }

    /// How many batches the node handles at once, each in a transaction of its own. It should be less than
    /// the pool has connections. SQLite runs one at a time whatever this says.
    pub fn with_concurrency(mut self, batches: usize) -> Self {
        self.concurrency = batches.max(1);
        self
    }

    /// Counts into these metrics: `events_handled_total`, `events_failed_total`, `events_poisoned_total`,
    /// `events_duplicates_total`, `events_lag` and `events_delay_seconds`, by subscriber.
    pub fn with_metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = metrics;
        self
    }

    /// Deletes what need not be kept any longer, every ten minutes.
    pub fn with_retention(mut self, retention: Retention) -> Self {
        self.retention = Some(retention);
        self
    }

    /// How often a node gives a sign of life, and looks for those of others.
    pub(super) fn tick(&self) -> Duration {
        self.lease / 4
    }
}
