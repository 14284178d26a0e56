//! Runs the steps of sagas.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;
use tracing::Instrument as _;

use super::handle::Plain;
use super::metrics::{ENDED, STEPS};
use super::step::{AnyStep, Heard, Inside, StepContext, Work};
use super::steps::Plan;
use super::store::{Change, Changed};
use super::transition::Undoable;
use super::{Error, SagaRecord, SagaStatus, SagaStep, SagaStore, Sagas, StepStatus};
use crate::jobs::{Failure, JobContext};
use crate::{Clock, Timestamp};

/// How long a saga waits for a node that knows its version.
const FOR_OTHERS: Duration = Duration::from_secs(30);

impl<S: SagaStore> Sagas<S> {
    /// Does a job: runs the next step of a saga, or its compensation, and writes the checkpoint with the job
    /// that goes on from there, in one transaction.
    ///
    /// It is the worker for jobs of the kind [`SagaStep`]. A job whose checkpoint is behind the saga does
    /// nothing. An error means that the store failed, or that no steps are known for the saga's version, which
    /// another node may know.
    pub async fn run(&self, job: &SagaStep) -> Result<(), Failure> {
        match self.advance(job).await {
            // Others were faster.
            Ok(Ok(())) | Err(Error::Fenced | Error::NotFound) => Ok(()),
            Ok(Err(failure)) => Err(failure),
            Err(error) => Err(error.into()),
        }
    }

    /// The worker for a node of jobs: `node.with_queue(Queue::new("sagas")).with_worker(sagas.worker())`.
    pub fn worker(
        &self,
    ) -> impl Fn(SagaStep, JobContext) -> BoxFuture<'static, Result<(), Failure>> + Send + Sync + use<S> {
        let sagas = self.clone();
        move |job, _| {
            let sagas = sagas.clone();
            Box::pin(async move { sagas.run(&job).await })
        }
    }

    async fn advance(&self, job: &SagaStep) -> Result<Result<(), Failure>, Error> {
        let Some(saga) = self.0.store.get(job.saga).await? else { return Ok(Ok(())) };
        if saga.checkpoint != job.checkpoint || saga.finished_at.is_some() || saga.status == SagaStatus::Stuck
        {
            return Ok(Ok(()));
        }
        let now = self.0.clock.now();
        let Some(plan) = self.0.plans.get(&(saga.name.as_str(), saga.version)) else {
            return self.take_over(&saga).await;
        };
        if !plan.is_of(&saga.progress.steps) {
            let stuck =
                |saga: &mut SagaRecord| saga.stick("its steps have changed, and their version has not");
            return self.checkpoint(&saga, stuck).await;
        }
        let turn = Turn { sagas: self, undoable: undoable(plan), step: &plan.steps[saga.progress.at], plan };
        if saga.progress.is_compensating {
            return turn.undo(&saga, now).await;
        }
        if saga.progress.is_cancelling {
            return self.checkpoint(&saga, |saga| saga.cancelled(&turn.undoable, now)).await;
        }
        turn.go_on(&saga, now).await
    }

    /// Writes a checkpoint: what `change` makes of the saga as it is by then.
    async fn checkpoint(
        &self,
        seen: &SagaRecord,
        change: impl Fn(&mut SagaRecord) + Send + Sync,
    ) -> Result<Result<(), Failure>, Error> {
        let change = Plain(|mut saga: SagaRecord| {
            change(&mut saga);
            self.changed(saga)
        });
        let changed = self.0.store.update(seen.id, Some(seen.checkpoint), &change).await?;
        Ok(changed.map(|saga| self.count_ended(&saga)))
    }

    /// The saga with its next checkpoint, and the job that goes on from there, if anything does.
    fn changed(&self, mut saga: SagaRecord) -> Result<Changed, Failure> {
        saga.check(self.0.clock.now());
        let goes_on = saga.finished_at.is_none() && saga.status != SagaStatus::Stuck;
        let jobs = if goes_on { vec![self.job(&saga)?] } else { Vec::new() };
        Ok(Changed { saga, jobs })
    }

    /// Makes a saga of an earlier version one of a later one.
    async fn take_over(&self, seen: &SagaRecord) -> Result<Result<(), Failure>, Error> {
        let mut plans = self.0.plans.values().filter(|plan| plan.name == seen.name);
        let Some(plan) = plans.find(|plan| takes_over(plan, seen)) else {
            tracing::warn!(saga = %seen.id, name = seen.name, version = seen.version, "no steps are known for a saga");
            return Ok(Err(Failure::snooze(FOR_OTHERS)));
        };
        self.checkpoint(seen, |saga| {
            let Some(upgrade) = plan.upgrade(saga.version) else { return };
            match upgrade(saga.progress.state.clone()) {
                Ok(state) => {
                    saga.progress.state = state;
                    saga.version = plan.version;
                    let begun = begun(saga);
                    saga.progress.steps.truncate(begun);
                    saga.progress.steps.extend(plan.records().into_iter().skip(begun));
                }
                Err(failure) => saga.stick(&format!("it cannot be taken over: {}", failure.text())),
            }
        })
        .await
    }

    fn count_step(&self, saga: &SagaRecord, outcome: &str) {
        STEPS.of(&self.0.metrics, [&saga.name, outcome]).increment();
    }

    fn count_ended(&self, saga: &SagaRecord) {
        if saga.finished_at.is_some() || saga.status == SagaStatus::Stuck {
            ENDED.of(&self.0.metrics, [&saga.name, saga.status.as_str()]).increment();
        }
    }
}

/// How many of a saga's steps have begun.
fn begun(saga: &SagaRecord) -> usize {
    saga.progress.steps.iter().take_while(|step| step.status != StepStatus::Pending).count()
}

fn takes_over<S>(plan: &Plan<S>, saga: &SagaRecord) -> bool {
    let begun = begun(saga);
    let mut pairs = plan.steps.iter().zip(&saga.progress.steps).take(begun);
    plan.upgrade(saga.version).is_some()
        && plan.steps.len() > saga.progress.at
        && plan.steps.len() >= begun
        && pairs.all(|(step, record)| *step.name == *record.name)
}

fn undoable<S>(plan: &Plan<S>) -> Undoable {
    plan.steps.iter().map(|step| step.undo.is_some()).collect()
}

/// The step whose turn it is.
struct Turn<'s, S> {
    sagas: &'s Sagas<S>,
    plan: &'s Arc<Plan<S>>,
    step: &'s AnyStep<S>,
    undoable: Undoable,
}

impl<S: SagaStore> Turn<'_, S> {
    async fn go_on(&self, saga: &SagaRecord, now: Timestamp) -> Result<Result<(), Failure>, Error> {
        match &self.step.work {
            Work::Sleep(span) => self.sleep(saga, *span, now).await,
            Work::Signal { name, within, heard } => self.listen(saga, name, *within, &**heard, now).await,
            work => match too_early(saga, now) {
                Some(wait) => Ok(Err(wait)),
                None => self.work(saga, work, false).await,
            },
        }
    }

    async fn undo(&self, saga: &SagaRecord, now: Timestamp) -> Result<Result<(), Failure>, Error> {
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
        outcome = running => outcome.unwrap_or_else(|panic| Err(Failure::new(text_of(&*panic)))),
        () = clock.sleep(timeout) => Err(Failure::new("it took too long")),
    }
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the step panicked: {}", text.unwrap_or("without words"))
}

/// Sends a job that has come before its time away until then.
fn too_early(saga: &SagaRecord, now: Timestamp) -> Option<Failure> {
    saga.progress.wake_at.filter(|at| *at > now).map(|at| until(at, now))
}

fn until(at: Timestamp, now: Timestamp) -> Failure {
    Failure::snooze(at.saturating_since(now))
}
