//! Deletes finished jobs that need not be kept.

use std::sync::Arc;
use std::time::Duration;

use super::NodeConfig;
use super::lane::Shared;
use crate::jobs::JobStore;

/// How often jobs are looked through for those that need not be kept.
const EVERY: Duration = Duration::from_mins(10);

/// Deletes for ever. There may be millions, so it is a task of its own, beside that which gives signs of life.
pub(super) async fn run<S: JobStore>(shared: Arc<Shared<S>>, config: NodeConfig) {
    loop {
        shared.clock.sleep(EVERY).await;
        let now = shared.clock.now();
        let done_before = now.saturating_sub(config.done_for);
        let dead_before = now.saturating_sub(config.dead_for);
        if let Err(error) = shared.store.retain(done_before, dead_before).await {
            tracing::warn!(%error, "old jobs could not be deleted; trying again later");
        }
    }
}
