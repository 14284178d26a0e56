//! Links records into the chain, after they were committed.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use super::metrics::LINKED;
use super::{AuditLog, AuditStore, Error};

const BATCH: u32 = 500;
/// How long records wait for others to be linked with.
const GATHER: Duration = Duration::from_millis(50);
/// How often it is looked for what nobody has hinted at.
const POLL: Duration = Duration::from_secs(1);

impl<S: AuditStore> AuditLog<S> {
    /// Links all records that are committed by now, and says how many. Fails with [`Error::Broken`] when the
    /// signed end of the chain was changed: nothing is built on that.
    pub async fn seal(&self) -> Result<u64, Error> {
        let mut linked = 0;
        loop {
            let batch = self.store.seal(BATCH, &|head, records| self.keys.seal(head, records)).await?;
            linked += batch as u64;
            if let Some(metrics) = &self.metrics {
                LINKED.of(metrics, []).add(batch as u64);
            }
            if batch < BATCH as usize {
                return Ok(linked);
            }
        }
    }

    /// Links records as they come, until `stop` is done, and then those that are left. Every node may run it:
    /// they take turns.
    pub async fn run_until(&self, stop: impl Future<Output = ()> + Send) {
        let mut stop = pin!(stop);
        loop {
            if let Err(error) = self.seal().await {
                tracing::error!(error = &error as &dyn std::error::Error, "audit records cannot be linked");
                tokio::select! {
                    () = self.clock.sleep(POLL) => {}
                    () = stop.as_mut() => return,
                }
            }
            tokio::select! {
                () = self.clock.sleep(POLL) => {}
                () = async { self.store.hint().await; self.clock.sleep(GATHER).await } => {}
                () = stop.as_mut() => {
                    if let Err(error) = self.seal().await {
                        let error = &error as &dyn std::error::Error;
                        tracing::error!(error, "the last audit records cannot be linked");
                    }
                    return;
                }
            }
        }
    }
}
