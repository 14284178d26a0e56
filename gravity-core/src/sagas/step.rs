//! [`Step`]: what is done, and how it is undone.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{Saga, SagaId, SagaStore};
use crate::events::Retry;
use crate::jobs::Failure;

/// What a step knows beside the saga's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepContext {
    /// The saga.
    pub saga: SagaId,
    /// The step.
    pub step: Arc<str>,
    /// Which attempt it is, the first being 1.
    pub attempt: u32,
    /// The same for all attempts of this step of this saga, and another for its compensation: what services
    /// outside are given as an idempotency key, because after a crash a step is run again.
    pub token: String,
}

pub(super) type Outcome<'a> = BoxFuture<'a, Result<Value, Failure>>;

pub(super) trait Outside: Send + Sync {
    fn run(&self, state: Value, context: StepContext) -> Outcome<'static>;
}

pub(super) trait Inside<S: SagaStore>: Send + Sync {
    fn run<'a>(&'a self, state: Value, context: StepContext, tx: &'a mut S::Tx<'_>) -> Outcome<'a>;
}

pub(super) type Heard = dyn Fn(Value, Value) -> Result<Value, Failure> + Send + Sync;

/// What a step does.
pub(super) enum Work<S> {
    /// It calls others, and its result is written down afterwards.
    Outside(Box<dyn Outside>),
    /// It writes in the transaction of its checkpoint.
    Inside(Box<dyn Inside<S>>),
    /// It waits for a time.
    Sleep(Duration),
    /// It waits for a signal.
    Signal { name: Arc<str>, within: Duration, heard: Box<Heard> },
}

/// A step of a saga: what is done, and how it is undone.
///
/// A step takes the saga's state and returns it as the next step is to see it. It comes in two forms:
/// - [`Step::new`] calls others, and its result is written down when it has ended. If the node is killed in
///   between, it is run again: give the [token](StepContext::token) to whom it calls.
/// - [`Step::in_tx`] writes on a transaction that also holds the checkpoint, so that what it writes happens
///   once. It should be short.
///
/// A step fails like a job: it is tried again after a while, or after the time that [`Failure::after`] says,
/// or not again after [`Failure::give_up`]. [`Failure::snooze`] looks again later without counting it. When it
/// has failed for good, the steps before it are undone, the last one first; the step itself is not, so it
/// should leave nothing behind that matters, or be two steps.
#[must_use = "a step does nothing until it is one of a saga's"]
pub struct Step<T, S> {
    pub(super) name: Arc<str>,
    pub(super) work: Work<S>,
    pub(super) undo: Option<Work<S>>,
    pub(super) retry: Retry,
    pub(super) undo_retry: Retry,
    pub(super) timeout: Duration,
    state: PhantomData<fn() -> T>,
}

impl<T: Saga, S: SagaStore> Step<T, S> {
    fn of(name: &str, work: Work<S>) -> Self {
        Self {
            name: name.into(),
            work,
            undo: None,
            retry: Retry::new().with_attempts(5),
            undo_retry: Retry::new(),
            timeout: Duration::from_secs(30),
            state: PhantomData,
        }
    }

    /// A step that calls others.
    pub fn new<F: Future<Output = Result<T, Failure>> + Send + 'static>(
        name: &str,
        run: impl Fn(T, StepContext) -> F + Send + Sync + 'static,
    ) -> Self {
        Self::of(name, outside(run))
    }

    /// A step that writes in the transaction of its checkpoint.
    pub fn in_tx(
        name: &str,
        run: impl for<'a, 'c> Fn(T, StepContext, &'a mut S::Tx<'c>) -> BoxFuture<'a, Result<T, Failure>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self::of(name, inside(run))
    }

    /// A step that waits for a time.
    pub fn sleep(name: &str, span: Duration) -> Self {
        Self::of(name, Work::Sleep(span))
    }

    /// A step that waits for a signal of this name, which [`Sagas::signal`](super::Sagas::signal) sends. One
    /// that came before counts. If none comes in time, the step has failed for good.
    pub fn wait_for(
        name: &str,
        signal: &str,
        within: Duration,
        heard: impl Fn(T, Value) -> Result<T, Failure> + Send + Sync + 'static,
    ) -> Self {
        let heard = move |state: Value, data: Value| write(heard(read(state)?, data)?);
        Self::of(name, Work::Signal { name: signal.into(), within, heard: Box::new(heard) })
    }

    /// How it is undone, by calling others. What it returns is the state that the step before sees when it is
    /// undone.
    pub fn undone_by<F: Future<Output = Result<T, Failure>> + Send + 'static>(
        mut self,
        run: impl Fn(T, StepContext) -> F + Send + Sync + 'static,
    ) -> Self {
        self.undo = Some(outside(run));
        self
    }

    /// How it is undone, in the transaction of that checkpoint.
    pub fn undone_in_tx(
        mut self,
        run: impl for<'a, 'c> Fn(T, StepContext, &'a mut S::Tx<'c>) -> BoxFuture<'a, Result<T, Failure>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.undo = Some(inside(run));
        self
    }

    /// How often and when it is tried again; 5 times by default.
    pub fn retrying(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// How often and when its compensation is tried again before the saga is stuck; 12 times by default, in
    /// about half an hour.
    pub fn undo_retrying(mut self, retry: Retry) -> Self {
        self.undo_retry = retry;
        self
    }

    /// How long an attempt may take, and one of its compensation; 30 s by default. Past it the attempt has
    /// failed.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    pub(super) fn erased(self) -> AnyStep<S> {
        AnyStep {
            name: self.name,
            work: self.work,
            undo: self.undo,
            retry: self.retry,
            undo_retry: self.undo_retry,
            timeout: self.timeout,
        }
    }
}

/// A step that does not show the type of the saga's state.
pub(super) struct AnyStep<S> {
    pub(super) name: Arc<str>,
    pub(super) work: Work<S>,
    pub(super) undo: Option<Work<S>>,
    pub(super) retry: Retry,
    pub(super) undo_retry: Retry,
    pub(super) timeout: Duration,
}

struct OutsideFn<T, F>(F, PhantomData<fn() -> T>);

impl<T, F, R> Outside for OutsideFn<T, F>
where
    T: Saga,
    F: Fn(T, StepContext) -> R + Send + Sync,
    R: Future<Output = Result<T, Failure>> + Send + 'static,
{
    fn run(&self, state: Value, context: StepContext) -> Outcome<'static> {
        match read(state) {
            Ok(state) => {
                let running = (self.0)(state, context);
                Box::pin(async move { write(running.await?) })
            }
            Err(failure) => Box::pin(async { Err(failure) }),
        }
    }
}

struct InsideFn<T, F>(F, PhantomData<fn() -> T>);

impl<T, S, F> Inside<S> for InsideFn<T, F>
where
    T: Saga,
    S: SagaStore,
    F: for<'a, 'c> Fn(T, StepContext, &'a mut S::Tx<'c>) -> BoxFuture<'a, Result<T, Failure>> + Send + Sync,
{
    fn run<'a>(&'a self, state: Value, context: StepContext, tx: &'a mut S::Tx<'_>) -> Outcome<'a> {
        match read(state) {
            Ok(state) => {
                let running = (self.0)(state, context, tx);
                Box::pin(async move { write(running.await?) })
            }
            Err(failure) => Box::pin(async { Err(failure) }),
        }
    }
}

fn outside<T, S, F>(run: impl Fn(T, StepContext) -> F + Send + Sync + 'static) -> Work<S>
where
    T: Saga,
    F: Future<Output = Result<T, Failure>> + Send + 'static,
{
    Work::Outside(Box::new(OutsideFn(run, PhantomData::<fn() -> T>)))
}

fn inside<T: Saga, S: SagaStore>(
    run: impl for<'a, 'c> Fn(T, StepContext, &'a mut S::Tx<'c>) -> BoxFuture<'a, Result<T, Failure>>
    + Send
    + Sync
    + 'static,
) -> Work<S> {
    Work::Inside(Box::new(InsideFn(run, PhantomData::<fn() -> T>)))
}

fn read<T: Saga>(state: Value) -> Result<T, Failure> {
    serde_json::from_value(state)
        .map_err(|error| Failure::new(format!("the state cannot be read: {error}")).give_up())
}

fn write<T: Saga>(state: T) -> Result<Value, Failure> {
    serde_json::to_value(state)
        .map_err(|error| Failure::new(format!("the state cannot be written: {error}")).give_up())
}

impl<T, S> fmt::Debug for Step<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step").field("name", &self.name).finish_non_exhaustive()
    }
}
