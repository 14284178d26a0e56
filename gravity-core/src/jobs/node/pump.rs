//! Takes jobs for the lanes of a node.

use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::lane::{Lane, Shared};
use crate::Timestamp;
use crate::jobs::{Ask, Error, JobStore};

/// The first wait after nothing was found. It doubles each time, as hints are not promised: a burst's last job is
/// found soon, and an idle node asks seldom.
const FIRST_WAIT: Duration = Duration::from_millis(4);
/// How often the lanes learn how many were done.
const AIM_EVERY: Duration = Duration::from_millis(50);

/// Takes jobs for the lanes of a node.
pub(super) struct Pump<S> {
    pub(super) node: Uuid,
    pub(super) shared: Arc<Shared<S>>,
    pub(super) lanes: Vec<Arc<Lane<S>>>,
    pub(super) longest: Duration,
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
    pub(super) async fn run(self) {
        let shared = self.shared.clone();
        let mut hints = shared.store.hints();
        let mut idle = 0_u32;
        let mut aimed_at = Instant::now();
        loop {
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
                    idle = u32::MAX;
                    Found::default()
                }
            };
            idle = if found.any { 0 } else { idle.saturating_add(1) };
            let wait = FIRST_WAIT.saturating_mul(1 << idle.saturating_sub(1).min(16)).min(self.longest);
            let wait = found.next.map_or(wait, |next| wait.min(next.saturating_since(shared.clock.now())));
            tokio::select! {
                changed = hints.changed() => {
                    if changed.is_err() {
                        shared.clock.sleep(wait).await;
                    }
                }
                () = shared.room.notified(), if found.more => {}
                () = shared.clock.sleep(wait) => {}
            }
        }
    }

    async fn look(&self) -> Result<Found, Error> {
        let mut found = Found::default();
        let now = self.shared.clock.now();
        found.next = self.shared.store.wake(now).await?;
        for lane in &self.lanes {
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
