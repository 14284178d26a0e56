//! A node that does one job at a time, and can be killed at any moment.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use uuid::Uuid;

use super::Bench;
use crate::TestClock;
use crate::jobs::{Ask, Claimed, JobStore as _, Keep, Outcome, Settled, Then};
use crate::sagas::{SagaStep, SagaStore, Sagas};

/// A node that does jobs of sagas.
pub(super) struct Node<S> {
    sagas: Sagas<S>,
    clock: TestClock,
    id: Uuid,
}

/// What a node does with a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// All of it.
    Whole,
    /// It is killed when it has gone on so often.
    Killed(usize),
    /// It is killed after the job, and before it has said so.
    Unsettled,
}

impl<S: SagaStore> Node<S> {
    pub(super) async fn join(sagas: Sagas<S>, clock: &TestClock) -> Self {
        let id = clock.clock().uuid();
        sagas.store().jobs().join(id).await.unwrap();
        Self { sagas, clock: clock.clone(), id }
    }

    /// Does the next job, waiting for it by moving the clock on. `false` if there is none, whenever.
    pub(super) async fn work(&self, end: End) -> bool {
        let Some(job) = self.claim().await else { return false };
        let step: SagaStep = serde_json::from_str(&job.payload).unwrap();
        let polls = if let End::Killed(polls) = end { polls } else { usize::MAX };
        let Some(done) = until_killed(self.sagas.run(&step), polls).await else { return true };
        if end == End::Unsettled {
            return true;
        }
        let now = self.clock.now();
        let outcome = match done.as_ref().map_err(crate::jobs::Failure::then) {
            Ok(()) => Outcome::Done(Keep::Not),
            Err(Then::Snooze(wait)) => Outcome::Snooze(now.saturating_add(wait)),
            Err(_) => panic!("the store has failed: {done:?}"),
        };
        let fenced = self.sagas.store().jobs().settle(&[Settled { job, outcome }], now).await.unwrap();
        assert_eq!(fenced, []);
        true
    }

    /// Does all that is to be done, whenever.
    pub(super) async fn drain(&self) {
        let mut jobs = 0;
        while self.work(End::Whole).await {
            jobs += 1;
            assert!(jobs < 1_000, "it goes on for ever");
        }
    }

    /// Does all that is to be done now.
    pub(super) async fn catch_up(&self) {
        let now = self.clock.now();
        loop {
            let next = self.sagas.store().jobs().wake(now).await.unwrap();
            let idle = self.take().await;
            match idle {
                Some(job) => self.finish(job).await,
                None => {
                    assert!(next.is_none_or(|next| next > now));
                    return;
                }
            }
        }
    }

    async fn finish(&self, job: Claimed) {
        let step: SagaStep = serde_json::from_str(&job.payload).unwrap();
        let outcome = match self.sagas.run(&step).await.map_err(|failure| failure.then()) {
            Ok(()) => Outcome::Done(Keep::Not),
            Err(Then::Snooze(wait)) => Outcome::Snooze(self.clock.now().saturating_add(wait)),
            Err(then) => panic!("the store has failed: {then:?}"),
        };
        self.sagas.store().jobs().settle(&[Settled { job, outcome }], self.clock.now()).await.unwrap();
    }

    /// Others find it dead, and do what it had.
    pub(super) async fn bury(self) {
        let jobs = self.sagas.store().jobs().clone();
        let view = jobs.beat(self.id, &[]).await.unwrap();
        let beat = view.nodes.iter().find(|node| node.node == self.id).map(|node| node.beat);
        jobs.bury(self.id, beat, self.clock.now()).await.unwrap();
    }

    async fn claim(&self) -> Option<Claimed> {
        loop {
            let next = self.sagas.store().jobs().wake(self.clock.now()).await.unwrap();
            if let Some(job) = self.take().await {
                return Some(job);
            }
            let wait = next?.saturating_since(self.clock.now());
            self.clock.advance(wait.max(Duration::from_micros(1)));
        }
    }

    async fn take(&self) -> Option<Claimed> {
        let ask = Ask {
            node: self.id,
            queue: "sagas",
            limit: 1,
            now: self.clock.now(),
            rate: None,
            key_rate: None,
        };
        self.sagas.store().jobs().claim(ask).await.unwrap().jobs.pop()
    }
}

/// Lets a future go on so often, and drops it then.
async fn until_killed<F: Future>(future: F, mut polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        if polls == 0 {
            return Poll::Ready(None);
        }
        polls -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// A node of these sagas.
pub(super) async fn node<B: Bench>(_: &B, sagas: &Sagas<B::Store>, clock: &TestClock) -> Node<B::Store> {
    Node::join(sagas.clone(), clock).await
}
