//! A step whose turn it is: it is run or undone, and what became of it written down.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;
use tracing::Instrument as _;

use super::step::{AnyStep, Heard, Inside, StepContext, Work};
use super::steps::Plan;
use super::store::{Change, Changed};
use super::transition::Undoable;
use super::{Error, SagaRecord, SagaStore, Sagas};
use crate::jobs::Failure;
use crate::{Clock, Timestamp, cause};

/// The step whose turn it is.
pub(super) struct Turn<'s, S> {
    pub(super) sagas: &'s Sagas<S>,
    pub(super) plan: &'s Arc<Plan<S>>,
    pub(super) step: &'s AnyStep<S>,
    pub(super) undoable: Undoable,
}

impl<S: SagaStore> Turn<'_, S> {
    pub(super) async fn go_on(
        &self,
        saga: &SagaRecord,
        now: Timestamp,
    ) -> Result<Result<(), Failure>, Error> {
        match &self.step.work {
            Work::Sleep(span) => self.sleep(saga, *span, now).await,
            Work::Signal { name, within, heard } => self.listen(saga, name, *within, &**heard, now).await,
            work => match too_early(saga, now) {
                Some(wait) => Ok(Err(wait)),
                None => self.work(saga, work, false).await,
            },
        }
    }

    pub(super) async fn undo(&self, saga: &SagaRecord, now: Timestamp) -> Result<Result<(), Failure>, Error> {
        match (&self.step.undo, too_early(saga, now)) {
            (_, Some(wait)) => Ok(Err(wait)),
            (Some(work), None) => self.work(saga, work, true).await,
            // A compensation that was there when this began is there no more.
            (None, None) => {
                let state = saga.progress.state.clone();
                let done = |saga: &mut SagaRecord| saga.undo_done(state.clone(), &self.undoable, now);
                self.sagas.checkpoint(saga, done).await
            }
        }
    }

    async fn sleep(
        &self,
        saga: &SagaRecord,
        span: Duration,
        now: Timestamp,
    ) -> Result<Result<(), Failure>, Error> {
        match saga.progress.wake_at {
            None => self.sagas.checkpoint(saga, |saga| saga.wait(now.saturating_add(span), None, now)).await,
            Some(at) if at > now => Ok(Err(until(at, now))),
            Some(_) => {
                let done =
                    |saga: &mut SagaRecord| saga.step_done(saga.progress.state.clone(), &self.undoable, now);
                self.sagas.checkpoint(saga, done).await
            }
        }
    }

    async fn listen(
        &self,
        saga: &SagaRecord,
        signal: &str,
        within: Duration,
        heard: &Heard,
        now: Timestamp,
    ) -> Result<Result<(), Failure>, Error> {
        let end = saga.progress.wake_at;
        if !saga.progress.signals.contains_key(signal)
            && let Some(end) = end
            && end > now
        {
            return Ok(Err(until(end, now)));
        }
        self.sagas
            .checkpoint(saga, |saga| {
                // It may have come since the saga was read.
                let Some(data) = saga.progress.signals.remove(signal) else {
                    if end.is_none() {
                        return saga.wait(now.saturating_add(within), Some(signal), now);
                    }
                    let failure = Failure::new(format!("no signal `{signal}` came in time")).give_up();
                    return saga.step_failed(&failure, &self.step.retry, &self.undoable, now);
                };
                match heard(saga.progress.state.clone(), data) {
                    Ok(state) => saga.step_done(state, &self.undoable, now),
                    Err(failure) => {
                        saga.step_failed(&failure.give_up(), &self.step.retry, &self.undoable, now);
                    }
                }
            })
            .await
    }

    /// Runs a step or its compensation, and writes what became of it.
    async fn work(
        &self,
        saga: &SagaRecord,
        work: &Work<S>,
        is_undo: bool,
    ) -> Result<Result<(), Failure>, Error> {
        let context = self.context(saga, is_undo);
        let span =
            tracing::info_span!("saga", id = %saga.id, name = saga.name, step = %context.step, is_undo);
        let clock = &self.sagas.0.clock;
        let failure = match work {
            Work::Inside(work) => {
                let change = InTx { turn: self, work: &**work, context, is_undo };
                let update = self.sagas.0.store.update(saga.id, Some(saga.checkpoint), &change);
                match update.instrument(span.clone()).await? {
                    Ok(saga) => {
                        self.sagas.count_step(&saga, if is_undo { "undone" } else { "done" });
                        self.sagas.count_ended(&saga);
                        return Ok(Ok(()));
                    }
                    Err(failure) => failure,
                }
            }
            Work::Outside(work) => {
                let running = async { work.run(saga.progress.state.clone(), context).await };
                match guarded(clock, self.step.timeout, running).instrument(span.clone()).await {
                    Ok(state) => {
                        self.sagas.count_step(saga, if is_undo { "undone" } else { "done" });
                        let done = |saga: &mut SagaRecord| self.done(saga, state.clone(), is_undo);
                        return self.sagas.checkpoint(saga, done).await;
                    }
                    Err(failure) => failure,
                }
            }
            // No compensation is of these kinds, and no step comes here with them.
            Work::Sleep(_) | Work::Signal { .. } => Failure::new("a step that waits is not run").give_up(),
        };
        span.in_scope(|| tracing::warn!(error = %failure, "a step failed"));
        self.sagas.count_step(saga, "failed");
        let now = clock.now();
        let failed = |saga: &mut SagaRecord| {
            if is_undo {
                saga.undo_failed(&failure, &self.step.undo_retry, now);
            } else {
                saga.step_failed(&failure, &self.step.retry, &self.undoable, now);
            }
        };
        self.sagas.checkpoint(saga, failed).await
    }

    fn done(&self, saga: &mut SagaRecord, state: Value, is_undo: bool) {
        let now = self.sagas.0.clock.now();
        if is_undo {
            saga.undo_done(state, &self.undoable, now);
        } else {
            saga.step_done(state, &self.undoable, now);
        }
    }

    fn context(&self, saga: &SagaRecord, is_undo: bool) -> StepContext {
        let step = &self.step.name;
        let undo = if is_undo { "/undo" } else { "" };
        debug_assert!(self.plan.steps.iter().any(|other| other.name == *step));
        StepContext {
            saga: saga.id,
            step: step.clone(),
            attempt: saga.progress.failures.saturating_add(1),
            token: format!("{}/{step}{undo}", saga.id),
        }
    }
}

/// A step that writes in the transaction of its checkpoint.
struct InTx<'s, S: SagaStore> {
    turn: &'s Turn<'s, S>,
    work: &'s dyn Inside<S>,
    context: StepContext,
    is_undo: bool,
}

impl<S: SagaStore> Change<S> for InTx<'_, S> {
    fn change<'a>(
        &'a self,
        tx: &'a mut S::Tx<'_>,
        mut saga: SagaRecord,
    ) -> BoxFuture<'a, Result<Changed, Failure>> {
        Box::pin(async move {
            let turn = self.turn;
            let running =
                async { self.work.run(saga.progress.state.clone(), self.context.clone(), tx).await };
            let state = guarded(&turn.sagas.0.clock, turn.step.timeout, running).await?;
            turn.done(&mut saga, state, self.is_undo);
            turn.sagas.changed(saga)
        })
    }
}

/// Within its time, and with panics caught.
async fn guarded(
    clock: &Clock,
    timeout: Duration,
    running: impl Future<Output = Result<Value, Failure>> + Send,
) -> Result<Value, Failure> {
    let running = AssertUnwindSafe(running).catch_unwind();
    tokio::select! {
        outcome = running => outcome.unwrap_or_else(|panic| Err(Failure::new(cause::of_panic("the step panicked", &*panic)))),
        () = clock.sleep(timeout) => Err(Failure::new("it took too long")),
    }
}

/// Sends a job that has come before its time away until then.
fn too_early(saga: &SagaRecord, now: Timestamp) -> Option<Failure> {
    saga.progress.wake_at.filter(|at| *at > now).map(|at| until(at, now))
}

fn until(at: Timestamp, now: Timestamp) -> Failure {
    Failure::snooze(at.saturating_since(now))
}
