//! [`Sagas`]: begins sagas, and looks after them.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::metrics::STARTED;
use super::steps::Plan;
use super::store::{Change, Changed};
use super::{
    Error, Progress, Saga, SagaCount, SagaFilter, SagaId, SagaRecord, SagaStatus, SagaStep, SagaStore, Steps,
};
use crate::jobs::{Failure, JobDraft, NewJob};
use crate::{Clock, Metrics};

/// What a job has beyond the time of its step.
const BEYOND_STEP: Duration = Duration::from_secs(30);

/// Begins sagas, and looks after them.
///
/// The steps of a saga are run by jobs of the kind [`SagaStep`], one at a time for each saga, which
/// [`Sagas::worker`] does on a node of jobs. The guide `docs/guides/sagas.md` shows it all in one piece.
#[derive(Clone)]
pub struct Sagas<S>(pub(super) Arc<Inner<S>>);

pub(super) struct Inner<S> {
    pub(super) store: S,
    pub(super) clock: Clock,
    pub(super) metrics: Metrics,
    pub(super) plans: HashMap<(&'static str, u32), Arc<Plan<S>>>,
    queue: Option<String>,
}

/// Makes a [`Sagas`].
#[must_use]
pub struct SagasBuilder<S>(Inner<S>);

impl<S: SagaStore> SagasBuilder<S> {
    /// Knows these steps. Those of an earlier version may stand beside those of a later one, for sagas that
    /// have begun with it.
    pub fn with<T: Saga>(mut self, steps: Steps<T, S>) -> Result<Self, Error> {
        let plan = steps.checked()?;
        let key = (plan.name, plan.version);
        if self.0.plans.insert(key, Arc::new(plan)).is_some() {
            return Err(Error::invalid("saga", "its steps are given twice"));
        }
        Ok(self)
    }

    /// Enqueues its jobs in this queue; `sagas` by default.
    pub fn in_queue(mut self, queue: impl Into<String>) -> Self {
        self.0.queue = Some(queue.into());
        self
    }

    /// Counts into these metrics: `sagas_started_total` by saga, `sagas_ended_total` by saga and status (also
    /// those that got stuck), `sagas_steps_total` by saga and outcome.
    pub fn with_metrics(mut self, metrics: Metrics) -> Self {
        self.0.metrics = metrics;
        self
    }

    /// The sagas.
    pub fn build(self) -> Sagas<S> {
        Sagas(Arc::new(self.0))
    }
}

impl<S: SagaStore> Sagas<S> {
    /// Sagas in this store; of which kinds is for the builder to say.
    #[expect(clippy::new_ret_no_self, reason = "a saga needs to know its kinds first")]
    pub fn new(store: S, clock: Clock) -> SagasBuilder<S> {
        SagasBuilder(Inner { store, clock, metrics: Metrics::new(), plans: HashMap::new(), queue: None })
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.0.store
    }

    /// Begins a saga in the caller's transaction: its first step is run if that commits, and only then.
    pub async fn start_in<T: Saga>(&self, tx: &mut S::Tx<'_>, state: &T) -> Result<SagaId, Error> {
        let (saga, job) = self.prepare(state)?;
        self.0.store.insert(tx, &saga, &job).await?;
        self.count_started(T::NAME);
        Ok(saga.id)
    }

    /// Begins a saga by itself.
    pub async fn start<T: Saga>(&self, state: &T) -> Result<SagaId, Error> {
        let (saga, job) = self.prepare(state)?;
        self.0.store.insert_alone(&saga, &job).await?;
        self.count_started(T::NAME);
        Ok(saga.id)
    }

    fn prepare<T: Saga>(&self, state: &T) -> Result<(SagaRecord, NewJob), Error> {
        let unknown = || Error::Unknown { name: T::NAME.to_owned(), version: T::VERSION };
        let plan = self.0.plans.get(&(T::NAME, T::VERSION)).ok_or_else(unknown)?;
        let state = serde_json::to_value(state)
            .map_err(|error| Error::invalid("state", format!("it is not JSON: {error}")))?;
        let now = self.0.clock.now();
        let saga = SagaRecord {
            id: SagaId::new(&self.0.clock),
            name: T::NAME.to_owned(),
            version: T::VERSION,
            status: SagaStatus::Running,
            checkpoint: 1,
            started_at: now,
            updated_at: now,
            finished_at: None,
            progress: Progress {
                state,
                steps: plan.records(),
                at: 0,
                failures: 0,
                wake_at: None,
                waits_for: None,
                signals: std::collections::BTreeMap::new(),
                is_cancelling: false,
                is_compensating: false,
                error: None,
            },
        };
        let job = self.job(&saga)?;
        Ok((saga, job))
    }

    /// The job that goes on with a saga, when it is time.
    pub(super) fn job(&self, saga: &SagaRecord) -> Result<NewJob, Error> {
        let step = self
            .0
            .plans
            .get(&(saga.name.as_str(), saga.version))
            .and_then(|plan| plan.steps.get(saga.progress.at));
        let timeout = step.map_or(Duration::from_secs(30), |step| step.timeout);
        let mut draft = JobDraft::new(SagaStep { saga: saga.id, checkpoint: saga.checkpoint })
            .keyed(saga.id)
            .correlated(saga.id)
            .with_timeout(timeout.saturating_add(BEYOND_STEP));
        if let Some(queue) = &self.0.queue {
            draft = draft.in_queue(queue.as_str());
        }
        if let Some(at) = saga.progress.wake_at
            && !saga.progress.is_cancelling
        {
            draft = draft.at(at);
        }
        Ok(draft.prepare(&self.0.clock)?)
    }

    /// The job that goes on with a saga at once.
    pub(super) fn job_now(&self, saga: &SagaRecord) -> Result<NewJob, Error> {
        Ok(NewJob { run_at: None, ..self.job(saga)? })
    }

    /// Sends a signal to a saga. One that waits for it goes on; else it is kept until a step waits for it. A
    /// second one of the same name before that replaces the first.
    pub async fn signal(&self, id: SagaId, name: &str, data: Value) -> Result<(), Error> {
        super::saga::check_name("signal", name)?;
        self.change(id, |mut saga| {
            if saga.status.is_finished() {
                return Err(Error::WrongStatus(saga.status));
            }
            saga.progress.signals.insert(name.to_owned(), data.clone());
            let is_awaited = saga.progress.waits_for.as_deref() == Some(name);
            let jobs = if is_awaited { vec![self.job_now(&saga)?] } else { Vec::new() };
            Ok(Changed { saga, jobs })
        })
        .await?;
        Ok(())
    }

    /// Cancels a saga: what was done is undone, the last step first. A step that is being run is finished
    /// first, and undone with the others. One that is undone already goes on with that.
    pub async fn cancel(&self, id: SagaId) -> Result<SagaRecord, Error> {
        self.change(id, |mut saga| match saga.status {
            SagaStatus::Completed | SagaStatus::Compensated | SagaStatus::Stuck => {
                Err(Error::WrongStatus(saga.status))
            }
            SagaStatus::Compensating => Ok(Changed { saga, jobs: Vec::new() }),
            SagaStatus::Running | SagaStatus::Waiting => {
                saga.progress.is_cancelling = true;
                let jobs = vec![self.job_now(&saga)?];
                Ok(Changed { saga, jobs })
            }
        })
        .await
    }

    /// Lets a saga that is stuck go on where it was, with all its attempts; one that waits for another attempt
    /// tries at once.
    pub async fn retry(&self, id: SagaId) -> Result<SagaRecord, Error> {
        let now = self.0.clock.now();
        self.change(id, |mut saga| {
            match saga.status {
                SagaStatus::Completed | SagaStatus::Compensated | SagaStatus::Waiting => {
                    return Err(Error::WrongStatus(saga.status));
                }
                SagaStatus::Stuck => {
                    saga.unstick();
                    saga.check(now);
                }
                SagaStatus::Running | SagaStatus::Compensating => saga.progress.wake_at = None,
            }
            let jobs = vec![self.job_now(&saga)?];
            Ok(Changed { saga, jobs })
        })
        .await
    }

    /// The saga of this id.
    pub async fn get(&self, id: SagaId) -> Result<SagaRecord, Error> {
        self.0.store.get(id).await?.ok_or(Error::NotFound)
    }

    /// Sagas, the newest first, from below one of them or from the newest.
    pub async fn list(
        &self,
        filter: &SagaFilter,
        before: Option<SagaId>,
        limit: usize,
    ) -> Result<Vec<SagaRecord>, Error> {
        self.0.store.list(filter, before, limit).await
    }

    /// How many sagas there are, by name and status. It is counted, which takes time where there are many.
    pub async fn counts(&self) -> Result<Vec<SagaCount>, Error> {
        self.0.store.counts().await
    }

    /// Deletes sagas that have been finished for so long, and tells how many those were.
    pub async fn retain(&self, finished_for: Duration) -> Result<u64, Error> {
        self.0.store.retain(self.0.clock.now().saturating_sub(finished_for)).await
    }

    /// Changes a saga as it is by then.
    async fn change(
        &self,
        id: SagaId,
        change: impl Fn(SagaRecord) -> Result<Changed, Error> + Send + Sync,
    ) -> Result<SagaRecord, Error> {
        let refused = std::sync::Mutex::new(None);
        let change = Plain(|saga| {
            change(saga).map_err(|error| {
                let failure = Failure::new(&error);
                *refused.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error);
                failure
            })
        });
        let changed = self.0.store.update(id, None, &change).await?;
        changed.map_err(|failure| {
            let refused = refused.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
            refused.unwrap_or_else(|| Error::Store(failure.text().into()))
        })
    }

    fn count_started(&self, name: &str) {
        STARTED.of(&self.0.metrics, [name]).increment();
    }
}

/// A change that writes nothing else.
pub(super) struct Plain<F>(pub(super) F);

impl<S: SagaStore, F: Fn(SagaRecord) -> Result<Changed, Failure> + Send + Sync> Change<S> for Plain<F> {
    fn change<'a>(
        &'a self,
        _: &'a mut S::Tx<'_>,
        saga: SagaRecord,
    ) -> BoxFuture<'a, Result<Changed, Failure>> {
        Box::pin(std::future::ready((self.0)(saga)))
    }
}

impl<S> fmt::Debug for Sagas<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sagas").field("kinds", &self.0.plans.keys()).finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for SagasBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SagasBuilder").field("kinds", &self.0.plans.keys()).finish_non_exhaustive()
    }
}
