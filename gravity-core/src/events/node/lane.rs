//! The work on one lane of a subscriber, under one lease.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::counts::Counts;
use super::dispatch::Dispatch;
use super::pump::Heads;
use crate::events::lane::index;
use crate::events::work::{Batch, Claim, Origin, Settlement, Work};
use crate::events::{Error, EventStore, Subscriber};
use crate::{Clock, Timestamp};

/// What the lanes of a subscriber share.
pub(super) struct Shared<S> {
    pub(super) store: S,
    pub(super) clock: Clock,
    pub(super) subscriber: Arc<Subscriber<S>>,
    pub(super) names: Option<Vec<&'static str>>,
    pub(super) permits: Arc<Semaphore>,
    pub(super) heads: watch::Receiver<Heads>,
    pub(super) is_paused: watch::Sender<bool>,
    pub(super) tick: Duration,
    pub(super) counts: Counts,
}

pub(super) struct Lane<S> {
    pub(super) shared: Arc<Shared<S>>,
    pub(super) claim: Claim,
    pub(super) stop: CancellationToken,
    /// Says that events wait in this lane for another attempt.
    pub(super) waiting: Arc<Notify>,
}

/// What a lane's task knows.
struct Progress {
    /// Up to where the log has been read.
    read: i64,
    /// Up to where the store knows that.
    noted: i64,
    /// Whether there may be events that wait for another attempt.
    may_wait: bool,
    next_due: Option<Timestamp>,
    /// How often in a row the store failed.
    failures: u32,
}

impl<S: EventStore> Lane<S> {
    /// Works until it is stopped, and then gives the lane back; or until the lease is lost.
    pub(super) async fn run(self) {
        let mut progress = Progress {
            read: self.claim.position,
            noted: self.claim.position,
            may_wait: true,
            next_due: None,
            failures: 0,
        };
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => break,
                () = self.ready(&mut progress) => {}
            }
            // Not stopped in the middle: a batch that has begun is finished.
            match self.step(&mut progress).await {
                Ok(()) => progress.failures = 0,
                Err(Error::Fenced | Error::UnknownSubscriber) => return,
                Err(Error::Paused) => self.rest(self.shared.tick).await,
                Err(error) => {
                    progress.failures += 1;
                    let (subscriber, lane) = (&self.claim.subscriber, self.claim.lane);
                    tracing::warn!(%error, %subscriber, lane, "the store of events failed; trying again");
                    let wait = Duration::from_millis(50).saturating_mul(1 << progress.failures.min(7));
                    self.rest(wait).await;
                }
            }
        }
        if progress.read > progress.noted {
            // Where it fails the next holder reads those events again, and finds none of its own.
            let _ = self.shared.store.skip(&self.claim, progress.read).await;
        }
        if let Err(error) = self.shared.store.give_back(&self.claim).await {
            tracing::warn!(%error, "a lane could not be given back; trying again");
        }
    }

    async fn rest(&self, span: Duration) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = self.shared.clock.sleep(span) => {}
        }
    }

    /// Waits until there is something to do.
    async fn ready(&self, progress: &mut Progress) {
        let mut is_paused = self.shared.is_paused.subscribe();
        // The sender lives as long as `shared`, so waiting ends by the value alone.
        let _ = is_paused.wait_for(|is_paused| !is_paused).await;
        if progress.may_wait && progress.next_due.is_none() {
            return;
        }
        let mut heads = self.shared.heads.clone();
        let lane = index(self.claim.lane);
        let read = progress.read;
        let new = async {
            if heads.wait_for(|heads| heads[lane] > read).await.is_err() {
                // The pump has ended, and the node with it.
                std::future::pending::<()>().await;
            }
        };
        let due = async {
            match progress.next_due {
                Some(at) => self.shared.clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let unnoted = async {
            if progress.read <= progress.noted {
                std::future::pending::<()>().await;
            }
            self.shared.clock.sleep(self.shared.tick).await;
        };
        tokio::select! {
            biased;
            () = due => progress.next_due = None,
            () = self.waiting.notified() => {
                progress.may_wait = true;
                progress.next_due = None;
            }
            () = new => {}
            () = unnoted => {}
        }
    }

    /// Does what is there to do: first what waited, then what is new.
    async fn step(&self, progress: &mut Progress) -> Result<(), Error> {
        let shared = &self.shared;
        let limit = shared.subscriber.batch;
        if progress.may_wait && progress.next_due.is_none_or(|at| at <= shared.clock.now()) {
            let due = shared.store.due(&self.claim, shared.clock.now(), limit).await?;
            if !due.work.is_empty() {
                // What follows on it is asked for in the next step.
                progress.next_due = None;
                self.deliver(progress, Origin::Retries, &due.work).await?;
                return Ok(());
            }
            progress.next_due = due.next;
            progress.may_wait = due.next.is_some();
        }
        let head = shared.heads.borrow()[index(self.claim.lane)];
        if head <= progress.read {
            if progress.read > progress.noted {
                shared.store.skip(&self.claim, progress.read).await?;
                progress.noted = progress.read;
            }
            return Ok(());
        }
        let work =
            shared.store.fetch(&self.claim, shared.names.as_deref(), progress.read, head, limit).await?;
        if work.is_empty() {
            progress.read = head;
            return Ok(());
        }
        let to = match work.last() {
            Some(last) if work.len() >= limit => last.position,
            _ => head,
        };
        let settlement = self.deliver(progress, Origin::Log { to }, &work).await?;
        if let Some(position) = settlement.position {
            progress.read = position;
            progress.noted = position;
        }
        Ok(())
    }

    async fn deliver(
        &self,
        progress: &mut Progress,
        origin: Origin,
        work: &[Work],
    ) -> Result<Settlement, Error> {
        let shared = &self.shared;
        // The semaphore is never closed; were it, the batch would run all the same.
        let _permit = shared.permits.acquire().await;
        let batch = Batch {
            claim: &self.claim,
            origin,
            work,
            may_wait: progress.may_wait,
            retry: &shared.subscriber.retry,
            clock: &shared.clock,
        };
        let dispatch = Dispatch { subscriber: &shared.subscriber, clock: &shared.clock };
        let settlement = shared.store.deliver(batch, &dispatch).await?;
        shared.counts.settled(&batch, &settlement);
        if !settlement.waiting.is_empty() {
            progress.may_wait = true;
            let soonest = settlement.waiting.iter().filter_map(|failed| failed.due).min();
            progress.next_due = match (progress.next_due, soonest) {
                (Some(one), Some(other)) => Some(one.min(other)),
                // Unknown stays unknown: it is asked for.
                (None, _) if origin == Origin::Retries => None,
                (one, other) => one.or(other),
            };
        }
        Ok(settlement)
    }
}
