//! Random plans of what fails, with nodes that are killed, against a model.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::Bench;
use super::node::{End, node};
use super::state::{Words, sagas, start};
use crate::events::Retry;
use crate::jobs::Failure;
use crate::sagas::{SagaStatus, Step, StepContext, Steps};

const ATTEMPTS: u32 = 3;
const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// What a step of a plan does.
#[derive(Debug, Clone, Copy)]
pub struct StepPlan {
    /// Whether it writes in the transaction of its checkpoint, and calls nobody.
    pub is_in_tx: bool,
    /// How often it fails. From 3 on it has failed for good.
    pub failures: u32,
    /// How often its compensation fails; none if it has no compensation. From 3 on it has failed for good.
    pub undo_failures: Option<u32>,
}

/// What becomes of a node with a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It does the job.
    Whole,
    /// It is killed when the job has gone on so often, and its transaction is undone.
    Killed(usize),
    /// It is killed after the checkpoint, before the job counts as done.
    Unsettled,
}

/// A saga, and the fates of the nodes that do its jobs, one after the other; later ones do them whole.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Up to six steps, and at least one.
    pub steps: Vec<StepPlan>,
    /// The fates.
    pub fates: Vec<Fate>,
}

/// What is to come of a plan.
struct Model {
    status: SagaStatus,
    effects: Vec<String>,
    written: Vec<String>,
}

impl Plan {
    /// What is to happen however often nodes are killed.
    fn model(&self) -> Model {
        let mut model = Model { status: SagaStatus::Completed, effects: Vec::new(), written: Vec::new() };
        let failed = self.steps.iter().position(|step| step.failures >= ATTEMPTS);
        let done = &self.steps[..failed.unwrap_or(self.steps.len())];
        for (step, name) in done.iter().zip(NAMES) {
            model.note(step, name.to_owned());
        }
        if failed.is_none() {
            return model;
        }
        model.status = SagaStatus::Compensated;
        for (step, name) in done.iter().zip(NAMES).rev() {
            match step.undo_failures {
                None => {}
                Some(failures) if failures >= ATTEMPTS => {
                    model.status = SagaStatus::Stuck;
                    return model;
                }
                Some(_) => model.note(step, format!("no {name}")),
            }
        }
        model
    }
}

impl Model {
    fn note(&mut self, step: &StepPlan, effect: String) {
        if step.is_in_tx {
            self.written.push(effect.clone());
        }
        self.effects.push(effect);
    }
}

/// Runs a plan, and checks that what is written in transactions happens once and in order, that calls are in
/// order and repeated only with the same token, and that the saga ends as it must.
///
/// # Panics
///
/// When it does not.
pub async fn run_plan<B: Bench>(bench: B, plan: &Plan) {
    let clock = start();
    let calls = Arc::new(Mutex::new(Vec::<(String, String)>::new()));
    let retry = Retry::new().with_attempts(ATTEMPTS);
    let mut steps = Steps::new();
    for (step, name) in plan.steps.iter().zip(NAMES) {
        steps = steps.then(build(&bench, step, name, &calls).retrying(retry).undo_retrying(retry));
    }
    let all = sagas(&bench, &clock, steps);
    let id = all.start(&Words::default()).await.unwrap();
    let mut worker = node(&bench, &all, &clock).await;
    let mut fates = plan.fates.iter();
    loop {
        let fate = fates.next().copied().unwrap_or(Fate::Whole);
        let end = match fate {
            Fate::Whole => End::Whole,
            Fate::Killed(polls) => End::Killed(polls),
            Fate::Unsettled => End::Unsettled,
        };
        if !worker.work(end).await {
            break;
        }
        if fate != Fate::Whole {
            worker.bury().await;
            worker = node(&bench, &all, &clock).await;
        }
    }
    let (saga, model) = (all.get(id).await.unwrap(), plan.model());
    assert_eq!(saga.status, model.status, "{plan:?}: {saga:?}");
    assert_eq!(saga.finished_at.is_some(), model.status.is_finished());
    assert_eq!(bench.effects().await, model.written, "{plan:?}");
    assert_eq!(saga.progress.state, serde_json::json!(model.effects), "{plan:?}");
    // A call may come again when the node was killed before it was written down, and before the next.
    let mut calls = calls.lock().unwrap().clone();
    assert!(calls.iter().all(|(effect, token)| {
        let (step, undo) = effect.strip_prefix("no ").map_or((effect.as_str(), ""), |step| (step, "/undo"));
        *token == format!("{id}/{step}{undo}")
    }));
    calls.dedup();
    let called: Vec<_> = calls.into_iter().map(|(effect, _)| effect).collect();
    let expected: Vec<_> =
        model.effects.iter().filter(|effect| !model.written.contains(effect)).cloned().collect();
    assert_eq!(called, expected, "{plan:?}");
}

type Calls = Arc<Mutex<Vec<(String, String)>>>;

fn build<B: Bench>(bench: &B, plan: &StepPlan, name: &'static str, calls: &Calls) -> Step<Words, B::Store> {
    let built = if plan.is_in_tx {
        Step::in_tx(name, in_tx(bench, name.to_owned(), plan.failures))
    } else {
        Step::new(name, outside(name.to_owned(), plan.failures, calls))
    };
    match plan.undo_failures {
        None => built,
        Some(failures) if plan.is_in_tx => built.undone_in_tx(in_tx(bench, format!("no {name}"), failures)),
        Some(failures) => built.undone_by(outside(format!("no {name}"), failures, calls)),
    }
}

type Written<'a> = futures_util::future::BoxFuture<'a, Result<Words, Failure>>;

fn in_tx<B: Bench>(
    bench: &B,
    effect: String,
    failures: u32,
) -> impl for<'a, 'c> Fn(Words, StepContext, &'a mut <B::Store as crate::sagas::SagaStore>::Tx<'c>) -> Written<'a>
+ Send
+ Sync
+ 'static {
    let bench = bench.clone();
    move |mut words, context, tx| {
        let written = bench.write(tx, effect.clone());
        words.0.push(effect.clone());
        Box::pin(async move {
            written.await?;
            fail(&context, failures)?;
            Ok(words)
        })
    }
}

fn outside(
    effect: String,
    failures: u32,
    calls: &Calls,
) -> impl Fn(Words, StepContext) -> Written<'static> + Send + Sync + 'static {
    let calls = calls.clone();
    move |mut words, context| {
        let (calls, effect) = (calls.clone(), effect.clone());
        Box::pin(async move {
            fail(&context, failures)?;
            // A point at which it can be killed before the call, and one after it.
            tokio::task::yield_now().await;
            calls.lock().unwrap().push((effect.clone(), context.token));
            tokio::task::yield_now().await;
            words.0.push(effect);
            Ok(words)
        })
    }
}

fn fail(context: &StepContext, failures: u32) -> Result<(), Failure> {
    if context.attempt > failures {
        return Ok(());
    }
    Err(Failure::new(format!("failure {} of {failures}", context.attempt)).after(Duration::from_secs(1)))
}
