//! What does the jobs of a kind.

use std::marker::PhantomData;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::JobContext;
use crate::Clock;
use crate::jobs::outcome::wait_of;
use crate::jobs::{Claimed, Error, Failure, Job, JobStore, Outcome, Perform};

/// What a worker leaves to do.
pub(super) enum Finish {
    /// That it is done is to be written.
    Done,
    /// That is written already.
    Written,
    /// The job is not this node's any more.
    Lost,
}

/// A worker that does not show its type of job.
pub(super) trait AnyWorker<S: JobStore>: Send + Sync + 'static {
    fn run<'a>(
        &'a self,
        store: &'a S,
        clock: &'a Clock,
        context: JobContext,
        done: Outcome,
    ) -> BoxFuture<'a, Result<Finish, Failure>>;

    /// How long a job waits after this attempt, by its own rule.
    fn wait(&self, job: &Claimed, attempt: u32) -> Duration;
}

/// A closure that does a job.
pub(super) struct Plain<J, F>(pub(super) F, pub(super) PhantomData<fn() -> J>);

impl<J, S, F, R> AnyWorker<S> for Plain<J, F>
where
    J: Job,
    S: JobStore,
    F: Fn(J, JobContext) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), Failure>> + Send + 'static,
{
    fn run<'a>(
        &'a self,
        _: &'a S,
        _: &'a Clock,
        context: JobContext,
        _: Outcome,
    ) -> BoxFuture<'a, Result<Finish, Failure>> {
        Box::pin(async move {
            let job = decode(context.claimed())?;
            (self.0)(job, context).await?;
            Ok(Finish::Done)
        })
    }

    fn wait(&self, job: &Claimed, attempt: u32) -> Duration {
        wait_of::<J>(decode(job).ok().as_ref())(attempt)
    }
}

/// A closure that does a job on the transaction in which the job ends.
pub(super) struct InTransaction<J, F>(pub(super) F, pub(super) PhantomData<fn() -> J>);

impl<J, S, F> AnyWorker<S> for InTransaction<J, F>
where
    J: Job,
    S: JobStore,
    F: for<'a, 'c> Fn(&'a J, &'a JobContext, &'a mut S::Tx<'c>) -> BoxFuture<'a, Result<(), Failure>>
        + Send
        + Sync
        + 'static,
{
    fn run<'a>(
        &'a self,
        store: &'a S,
        clock: &'a Clock,
        context: JobContext,
        done: Outcome,
    ) -> BoxFuture<'a, Result<Finish, Failure>> {
        Box::pin(async move {
            let job: J = decode(context.claimed())?;
            let one = One { job: &job, context: &context, worker: &self.0 };
            match store.perform(context.claimed(), done, clock.now(), &one).await {
                Ok(Ok(())) => Ok(Finish::Written),
                Ok(Err(failure)) => Err(failure),
                Err(Error::Fenced) => Ok(Finish::Lost),
                Err(error) => Err(error.into()),
            }
        })
    }

    fn wait(&self, job: &Claimed, attempt: u32) -> Duration {
        wait_of::<J>(decode(job).ok().as_ref())(attempt)
    }
}

struct One<'a, J, F> {
    job: &'a J,
    context: &'a JobContext,
    worker: &'a F,
}

impl<J, S, F> Perform<S> for One<'_, J, F>
where
    J: Job,
    S: JobStore,
    F: for<'a, 'c> Fn(&'a J, &'a JobContext, &'a mut S::Tx<'c>) -> BoxFuture<'a, Result<(), Failure>>
        + Send
        + Sync,
{
    fn perform<'a>(&'a self, tx: &'a mut S::Tx<'_>) -> BoxFuture<'a, Result<(), Failure>> {
        (self.worker)(self.job, self.context, tx)
    }
}

/// Its text quotes none of the payload.
fn decode<J: Job>(job: &Claimed) -> Result<J, Failure> {
    serde_json::from_str(&job.payload).map_err(|error| {
        Failure::new(format_args!(
            "the payload is no `{}` (line {}, column {})",
            J::KIND,
            error.line(),
            error.column()
        ))
    })
}
