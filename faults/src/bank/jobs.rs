//! The bank's jobs: two for each payment, enqueued in its transaction, and those of the bells.

use std::time::Duration;

use gravity_core::Clock;
use gravity_core::jobs::{Failure, Job, JobDraft, JobNode, Jobs, NodeConfig, Queue, SqlJobs};
use serde::{Deserialize, Serialize};

use super::bells::{RINGER, Ring};
use super::subscribe::Desk;

/// The workers' names as consumers of payments, and whether they keep the order of an account.
pub(super) const WORKERS: [(&str, bool); 2] = [("porter", false), ("courier", true)];

/// More attempts than a round has time for: no job dies.
pub(super) const ATTEMPTS: u32 = 100_000;

/// To be done in any order.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Carry {
    fact: String,
}

/// To be done one after the other for each account.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Bring {
    fact: String,
}

impl Job for Carry {
    const KIND: &'static str = "bank.carry";
    const MAX_ATTEMPTS: u32 = ATTEMPTS;

    fn wait(&self, attempt: u32) -> Duration {
        Duration::from_millis(u64::from(attempt.min(10)) * 5)
    }
}

impl Job for Bring {
    const KIND: &'static str = "bank.bring";
    const MAX_ATTEMPTS: u32 = ATTEMPTS;

    fn wait(&self, attempt: u32) -> Duration {
        Duration::from_millis(u64::from(attempt.min(10)) * 5)
    }
}

/// The jobs that a payment asks for.
pub(super) async fn enqueue(
    jobs: &Jobs<SqlJobs>,
    tx: &mut gravity_core::db::Tx<'_>,
    fact: &str,
    account: &str,
) -> Result<(), gravity_core::jobs::Error> {
    jobs.enqueue_in(tx, Carry { fact: fact.to_owned() }).await?;
    jobs.enqueue_in(tx, JobDraft::new(Bring { fact: fact.to_owned() }).keyed(account)).await?;
    Ok(())
}

/// A node that does them.
pub(super) fn node(store: SqlJobs, desk: Desk, lease: Duration) -> JobNode<SqlJobs> {
    let config = NodeConfig::new().with_lease(lease).with_poll(Duration::from_millis(100));
    let (bringing, ringing) = (desk.clone(), desk.clone());
    JobNode::new(store, Clock::system(), config)
        .with_queue(Queue::new("default").with_concurrency(3))
        .with_worker_in_tx::<Carry>(move |job, _, tx| {
            let desk = desk.clone();
            Box::pin(async move {
                desk.effect(tx, "porter", &job.fact).await?;
                desk.stumble()
            })
        })
        .with_worker_in_tx::<Bring>(move |job, _, tx| {
            let desk = bringing.clone();
            Box::pin(async move {
                desk.stumble()?;
                Ok(desk.effect(tx, "courier", &job.fact).await?)
            })
        })
        .with_worker_in_tx::<Ring>(move |_, context, tx| {
            let desk = ringing.clone();
            let tick = context.correlation().unwrap_or_default().to_owned();
            Box::pin(async move {
                desk.stumble()?;
                Ok(desk.effect(tx, RINGER, &tick).await?)
            })
        })
}

impl Desk {
    /// Fails now and then, or wants to come back later.
    fn stumble(&self) -> Result<(), Failure> {
        if self.chance(5) {
            return Err(Failure::new("a flat tyre"));
        }
        if self.chance(3) {
            return Err(Failure::snooze(Duration::from_millis(20)));
        }
        Ok(())
    }
}
