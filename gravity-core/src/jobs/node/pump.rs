//! Takes jobs for the lanes of a node.

use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::lane::{Lane, Shared, claim_of};
use crate::Timestamp;
use crate::jobs::{Ask, Error, JobStore};

/// The first wait after nothing was found. It doubles each time, as hints are not promised: a burst's last job is
/// found soon, and an idle node asks seldom.
const FIRST_WAIT: Duration = Duration::from_millis(4);
/// How often the lanes learn how many were done.
const AIM_EVERY: Duration = Duration::from_millis(50);
/// For how long a claim may yet be committed whose answer was lost: the server ends what stands still for half as
/// long.
const DOUBT: Duration = Duration::from_secs(10);

/// Takes jobs for the lanes of a node.
pub(super) struct Pump<S> {
    pub(super) node: Uuid,
    pub(super) shared: Arc<Shared<S>>,
    pub(super) lanes: Vec<Arc<Lane<S>>>,
    pub(super) longest: Duration,
    pub(super) doubt: Doubt,
}

/// Whether the node may have jobs that it does not know of, because the answer to a claim was lost.
#[derive(Default)]
pub(super) struct Doubt {
    until: Option<Instant>,
    asked_at: Option<Instant>,
}

/// What was found in a round.
#[derive(Default)]
struct Found {
    any: bool,
    /// Some lane took all it had room for, so there is more.
    more: bool,
    /// When there is something to do that is known of.
    next: Option<Timestamp>,
}

impl<S: JobStore> Pump<S> {
    /// Takes jobs until the node stops. A claim that is on its way then is waited for: who dropped it would leave
    /// while it may yet be committed.
    pub(super) async fn run(mut self) {
        let shared = self.shared.clone();
        let mut hints = shared.store.hints();
        let mut idle = 0_u32;
        let mut aimed_at = Instant::now();
        while !shared.stopping.is_cancelled() {
            hints.mark_unchanged();
            let since = aimed_at.elapsed();
            if since >= AIM_EVERY {
                aimed_at = Instant::now();
                self.lanes.iter().for_each(|lane| lane.aim(since));
            }
            let found = match self.look().await {
                Ok(found) => found,
                Err(error) => {
                    tracing::warn!(%error, "cannot look for jobs; trying again");
                    self.doubt = Doubt { until: Some(Instant::now() + DOUBT), asked_at: None };
                    idle = u32::MAX;
                    Found::default()
                }
            };
            idle = if found.any { 0 } else { idle.saturating_add(1) };
            let wait = FIRST_WAIT.saturating_mul(1 << idle.saturating_sub(1).min(16)).min(self.longest);
            let due = async {
                match found.next {
                    Some(next) => shared.clock.sleep_until(next).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = shared.stopping.cancelled() => return,
                Ok(()) = hints.changed() => {}
                () = shared.room.notified(), if found.more => {}
                () = due => {}
                // By the machine's timer: what no hint told of is there however the clock stands.
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Takes what the node has without knowing. Nothing else claims for it meanwhile.
    async fn take_unknown(&mut self) -> Result<(), Error> {
        let now = Instant::now();
        let is_due = self.doubt.asked_at.is_none_or(|at| now.duration_since(at) >= self.longest);
        let Some(until) = self.doubt.until.filter(|_| is_due) else { return Ok(()) };
        for lane in &self.lanes {
            // What ends after this is known to have been here.
            let known = lane.known();
            let mut jobs = self.shared.store.held(self.node, &lane.queue.name).await?;
            jobs.retain(|job| !known.contains(&claim_of(job)));
            if !jobs.is_empty() {
                tracing::warn!(jobs = jobs.len(), "this node has jobs that it did not know of");
                lane.put(jobs);
            }
        }
        self.doubt = Doubt { until: Some(until).filter(|until| now < *until), asked_at: Some(now) };
        Ok(())
    }

    async fn look(&mut self) -> Result<Found, Error> {
        self.take_unknown().await?;
        let mut found = Found::default();
        let now = self.shared.clock.now();
        found.next = self.shared.store.wake(now).await?;
        for lane in &self.lanes {
            if self.shared.stopping.is_cancelled() {
                break;
            }
            let limit = lane.room();
            if limit == 0 {
                found.more = true;
                continue;
            }
            let taken = self
                .shared
                .store
                .claim(Ask {
                    node: self.node,
                    queue: &lane.queue.name,
                    limit,
                    now: self.shared.clock.now(),
                    rate: lane.queue.rate,
                    key_rate: lane.queue.key_rate,
                })
                .await?;
            found.any |= !taken.jobs.is_empty();
            found.more |= taken.jobs.len() >= limit;
            found.next = [found.next, taken.held_until].into_iter().flatten().min();
            lane.put(taken.jobs);
        }
        Ok(found)
    }
}
