//! Runs the steps of sagas.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::handle::Plain;
use super::metrics::{ENDED, STEPS};
use super::steps::Plan;
use super::store::Changed;
use super::turn::Turn;
use super::{Error, SagaRecord, SagaStatus, SagaStep, SagaStore, Sagas, StepStatus};
use crate::jobs::{Failure, JobContext};

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
        let turn = Turn { sagas: self, undoable: plan.undoable(), step: &plan.steps[saga.progress.at], plan };
        if saga.progress.is_compensating {
            return turn.undo(&saga, now).await;
        }
        if saga.progress.is_cancelling {
            return self.checkpoint(&saga, |saga| saga.cancelled(&turn.undoable, now)).await;
        }
        turn.go_on(&saga, now).await
    }

    /// Writes a checkpoint: what `change` makes of the saga as it is by then.
    pub(super) async fn checkpoint(
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
    pub(super) fn changed(&self, mut saga: SagaRecord) -> Result<Changed, Failure> {
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

    pub(super) fn count_step(&self, saga: &SagaRecord, outcome: &str) {
        STEPS.of(&self.0.metrics, [&saga.name, outcome]).increment();
    }

    pub(super) fn count_ended(&self, saga: &SagaRecord) {
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
