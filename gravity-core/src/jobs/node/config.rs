//! [`NodeConfig`]: how a node works.

use std::time::Duration;

use crate::Metrics;

/// How a node works. All nodes on one store should have the same lease.
#[derive(Debug, Clone)]
#[must_use]
pub struct NodeConfig {
    pub(super) lease: Duration,
    pub(super) poll: Duration,
    pub(super) grace: Duration,
    pub(super) prefetch: usize,
    pub(super) metrics: Metrics,
    pub(super) done_for: Duration,
    pub(super) dead_for: Duration,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(15),
            poll: Duration::from_secs(1),
            grace: Duration::from_secs(25),
            prefetch: 2_000,
            metrics: Metrics::new(),
            done_for: Duration::from_hours(24),
            dead_for: Duration::from_hours(24 * 30),
        }
    }
}

impl NodeConfig {
    /// A lease of 15 s, a poll every second, 25 s to finish when it stops.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long a node may be silent before others take its jobs. It gives a sign four times as often.
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease.max(Duration::from_millis(20));
        self
    }

    /// How long an idle node waits at most before it asks for jobs of which it got no hint.
    pub fn with_poll(mut self, poll: Duration) -> Self {
        self.poll = poll.max(Duration::from_millis(1));
        self
    }

    /// How long jobs that run may go on when the node stops. What is not done by then is dropped, and given back.
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// How many jobs of a queue the node takes at most beyond those that run; 2000 by default. It takes as many as
    /// it is likely to begin within a tenth of a second, so slow jobs stay for other nodes. None are taken ahead
    /// where this is zero.
    pub fn with_prefetch(mut self, jobs: usize) -> Self {
        self.prefetch = jobs.min(10_000);
        self
    }

    /// Counts into these metrics: `jobs_started_total`, `jobs_finished_total` with the outcome, and
    /// `jobs_duration_seconds`, by queue.
    pub fn with_metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = metrics;
        self
    }

    /// How long jobs that were cancelled, or done in a queue that [keeps](super::Queue::keeping_done) them, stay;
    /// a day by default.
    pub fn keeping_done_for(mut self, time: Duration) -> Self {
        self.done_for = time;
        self
    }

    /// How long dead jobs stay; 30 days by default.
    pub fn keeping_dead_for(mut self, time: Duration) -> Self {
        self.dead_for = time;
        self
    }

    /// How often a node gives a sign of life, and looks for those of others.
    pub(super) fn tick(&self) -> Duration {
        self.lease / 4
    }
}
