//! From the first step to the end, there or back.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;

use super::Bench;
use super::node::{End, node};
use super::state::{Words, sagas, start, write};
use crate::Clock;
use crate::events::Retry;
use crate::jobs::{Failure, JobNode, NodeConfig, Queue};
use crate::sagas::{
    Error, Saga, SagaFilter, SagaRecord, SagaStatus, SagaStore as _, Sagas, Step, StepStatus, Steps,
};
use crate::testing::wait::until;

fn statuses(saga: &SagaRecord) -> Vec<StepStatus> {
    saga.progress.steps.iter().map(|step| step.status).collect()
}

fn retry(attempts: u32) -> Retry {
    Retry::new().with_attempts(attempts)
}

/// A step that fails as long as a switch is on.
fn fragile<B: Bench>(name: &'static str, fails: &Arc<Mutex<bool>>) -> Step<Words, B::Store> {
    let fails = fails.clone();
    Step::new(name, move |words: Words, _| {
        let failed = *fails.lock().unwrap();
        async move { if failed { Err(Failure::new("out of order")) } else { Ok(words) } }
    })
}

pub(super) async fn steps_run_in_order_and_hand_on_their_state<B: Bench>(bench: B) {
    let clock = start();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let contexts = seen.clone();
    let outside = Step::new("two", move |mut words: Words, context| {
        contexts.lock().unwrap().push(context.clone());
        async move {
            if context.attempt == 1 {
                return Err(Failure::new("not yet").after(Duration::from_secs(3)));
            }
            if context.attempt == 2 && words.0.len() == 1 {
                words.0.push("lost".into());
                return Err(Failure::new("nor now"));
            }
            words.0.push("two".into());
            Ok(words)
        }
    });
    let steps = Steps::new().then(write(&bench, "one")).then(outside).then(write(&bench, "three"));
    let all = sagas(&bench, &clock, steps);
    let id = all.start(&Words::default()).await.unwrap();
    let worker = node(&bench, &all, &clock).await;
    assert!(worker.work(End::Whole).await);
    assert_eq!(all.get(id).await.unwrap().progress.at, 1);
    let begun = clock.now();
    assert!(worker.work(End::Whole).await);
    let waiting = all.get(id).await.unwrap();
    assert_eq!(waiting.progress.wake_at, begun.checked_add(Duration::from_secs(3)));
    assert_eq!(waiting.progress.steps[1].error.as_deref(), Some("not yet"));
    worker.drain().await;

    let saga = all.get(id).await.unwrap();
    assert_eq!((saga.status, saga.finished_at), (SagaStatus::Completed, Some(clock.now())));
    assert_eq!(saga.progress.state, serde_json::json!(["one", "two", "three"]));
    assert_eq!(saga.progress.steps.iter().map(|step| step.attempts).collect::<Vec<_>>(), [1, 3, 1]);
    assert_eq!(bench.effects().await, ["one", "three"]);
    let contexts = seen.lock().unwrap().clone();
    assert_eq!(contexts.iter().map(|context| context.attempt).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(contexts.iter().all(|context| context.token == format!("{id}/two") && context.saga == id));
    for refused in [all.cancel(id).await, all.retry(id).await] {
        assert!(matches!(refused, Err(Error::WrongStatus(SagaStatus::Completed))));
    }
    assert!(all.signal(id, "x", serde_json::Value::Null).await.is_err());
}

pub(super) async fn a_failed_step_undoes_those_before_it<B: Bench>(bench: B) {
    let clock = start();
    let tokens = Arc::new(Mutex::new(Vec::new()));
    let seen = tokens.clone();
    let outside = Step::new("two", |words: Words, _| async { Ok(words) }).undone_by(
        move |mut words: Words, context| {
            seen.lock().unwrap().push(context.token);
            words.0.push("no two".into());
            async { Ok(words) }
        },
    );
    let lost = bench.clone();
    let failing = Step::in_tx("five", move |_, _, tx| {
        let written = lost.write(tx, "never".into());
        Box::pin(async move {
            written.await?;
            Err(Failure::new("no money"))
        })
    })
    .retrying(retry(3));
    let steps = Steps::new()
        .then(write(&bench, "one"))
        .then(outside)
        .then(Step::new("three", |words: Words, _| async { Ok(words) }))
        .then(write(&bench, "four"))
        .then(failing)
        .then(write(&bench, "six"));
    let all = sagas(&bench, &clock, steps);
    let id = all.start(&Words::default()).await.unwrap();
    node(&bench, &all, &clock).await.drain().await;
    let saga = all.get(id).await.unwrap();
    assert_eq!(bench.effects().await, ["one", "four", "no four", "no one"]);
    assert_eq!(saga.progress.state, serde_json::json!(["one", "four", "no four", "no two", "no one"]));
    assert_eq!(*tokens.lock().unwrap(), [format!("{id}/two/undo")]);
    assert_eq!(saga.status, SagaStatus::Compensated);
    assert_eq!(saga.progress.error.as_deref(), Some("five: no money"));
    let undone = StepStatus::Compensated;
    assert_eq!(statuses(&saga), [undone, undone, undone, undone, StepStatus::Failed, StepStatus::Pending]);
    assert_eq!(saga.progress.steps[4].attempts, 3);
}

pub(super) async fn what_cannot_be_undone_is_stuck_until_somebody_looks<B: Bench>(bench: B) {
    let clock = start();
    let is_broken = Arc::new(Mutex::new(true));
    let broken = is_broken.clone();
    let one = Step::new("one", |words: Words, _| async { Ok(words) })
        .undone_by(move |words: Words, _| {
            let failed = *broken.lock().unwrap();
            async move { if failed { Err(Failure::new("the bank is closed")) } else { Ok(words) } }
        })
        .undo_retrying(retry(4));
    let give_up = Step::new("two", |_: Words, _| async { Err(Failure::new("never").give_up()) });
    let all = sagas(&bench, &clock, Steps::new().then(write(&bench, "zero")).then(one).then(give_up));
    let id = all.start(&Words::default()).await.unwrap();
    let worker = node(&bench, &all, &clock).await;
    for _ in 0..2 {
        worker.drain().await;
        let stuck = all.get(id).await.unwrap();
        assert_eq!((stuck.status, stuck.finished_at), (SagaStatus::Stuck, None));
        assert_eq!(stuck.progress.error.as_deref(), Some("one cannot be undone: the bank is closed"));
        assert_eq!(statuses(&stuck)[..2], [StepStatus::Done, StepStatus::Compensating]);
        assert!(matches!(all.cancel(id).await, Err(Error::WrongStatus(SagaStatus::Stuck))));
        assert_eq!(all.retry(id).await.unwrap().status, SagaStatus::Compensating);
    }
    *is_broken.lock().unwrap() = false;
    worker.drain().await;
    let saga = all.get(id).await.unwrap();
    assert_eq!(saga.status, SagaStatus::Compensated);
    assert_eq!(saga.progress.steps[1].attempts, 10);
    assert_eq!(bench.effects().await, ["zero", "no zero"]);
}

pub(super) async fn a_cancelled_saga_is_undone<B: Bench>(bench: B) {
    let clock = start();
    let fails = Arc::new(Mutex::new(true));
    let steps = || {
        Steps::new().then(write(&bench, "one")).then(fragile::<B>("two", &fails)).then(write(&bench, "three"))
    };
    let all = sagas(&bench, &clock, steps());
    let id = all.start(&Words::default()).await.unwrap();
    let worker = node(&bench, &all, &clock).await;
    worker.catch_up().await;
    // It waits for another attempt, and does not have to wait for that.
    let now = clock.now();
    assert!(all.cancel(id).await.unwrap().progress.is_cancelling);
    worker.catch_up().await;
    let saga = all.get(id).await.unwrap();
    assert_eq!((saga.status, saga.finished_at), (SagaStatus::Compensated, Some(now)));
    assert_eq!(saga.progress.error.as_deref(), Some("it was cancelled"));
    assert_eq!(statuses(&saga), [StepStatus::Compensated, StepStatus::Failed, StepStatus::Pending]);
    assert_eq!(bench.effects().await, ["one", "no one"]);
    // What waits for another attempt can be told to try at once.
    let id = all.start(&Words::default()).await.unwrap();
    worker.catch_up().await;
    *fails.lock().unwrap() = false;
    all.retry(id).await.unwrap();
    worker.catch_up().await;
    assert_eq!(all.get(id).await.unwrap().finished_at, Some(now));
    // While a step runs: it is finished first, and undone with the others, even if it is the last.
    let (to_cancel, slot) = (Arc::new(Mutex::new(None::<Sagas<B::Store>>)), bench.clone());
    let cancelling = to_cancel.clone();
    let last = Step::new("last", move |words: Words, context| {
        let all = cancelling.lock().unwrap().clone();
        async move {
            all.unwrap().cancel(context.saga).await?;
            Ok(words)
        }
    });
    let all = sagas(&bench, &clock, Steps::new().then(write(&slot, "first")).then(last));
    *to_cancel.lock().unwrap() = Some(all.clone());
    let id = all.start(&Words::default()).await.unwrap();
    node(&bench, &all, &clock).await.drain().await;
    assert_eq!(all.get(id).await.unwrap().status, SagaStatus::Compensated);
    assert_eq!(bench.effects().await[4..], ["first", "no first"]);
    to_cancel.lock().unwrap().take();
}

pub(super) async fn panics_and_timeouts_are_failures<B: Bench>(bench: B) {
    let clock = start();
    let slow = Step::new("slow", |_: Words, _| std::future::pending()).with_timeout(Duration::from_secs(7));
    let steps = Steps::new().then(slow.retrying(retry(1)));
    let all = sagas(&bench, &clock, steps);
    let id = all.start(&Words::default()).await.unwrap();
    let worker = node(&bench, &all, &clock).await;
    let (clock, begun) = (clock.clone(), clock.now());
    let moving = tokio::spawn(async move {
        clock.wait_for_sleepers(1).await;
        assert_eq!(clock.next_wake(), begun.checked_add(Duration::from_secs(7)));
        clock.advance(Duration::from_secs(7));
    });
    worker.drain().await;
    moving.await.unwrap();
    let error = |saga: SagaRecord| saga.progress.error.unwrap();
    assert_eq!(error(all.get(id).await.unwrap()), "slow: it took too long");

    let clock = start();
    let vase = bench.clone();
    let panicking = Step::in_tx("vase", move |_: Words, _, tx| {
        let written = vase.write(tx, "shards".into());
        Box::pin(async move {
            written.await?;
            panic!("dropped a vase")
        })
    });
    let all = sagas(&bench, &clock, Steps::new().then(panicking.retrying(retry(2))));
    let id = all.start(&Words::default()).await.unwrap();
    node(&bench, &all, &clock).await.drain().await;
    assert_eq!(error(all.get(id).await.unwrap()), "vase: the step panicked: dropped a vase");
    assert_eq!(bench.effects().await, [""; 0]);
}

pub(super) async fn a_rolled_back_start_was_never_there<B: Bench>(bench: B) {
    let clock = start();
    let all = sagas(&bench, &clock, Steps::new().then(write(&bench, "one")));
    assert_eq!(bench.start(&all, Words::default(), false).await, None);
    let worker = node(&bench, &all, &clock).await;
    assert!(!worker.work(End::Whole).await);
    assert_eq!(all.counts().await.unwrap(), []);
    let id = bench.start(&all, Words::default(), true).await.unwrap();
    worker.drain().await;
    assert_eq!(all.get(id).await.unwrap().status, SagaStatus::Completed);
}

/// The same saga with another version of its state and steps.
#[derive(serde::Serialize, serde::Deserialize)]
struct Later {
    words: Vec<String>,
}

impl Saga for Later {
    const NAME: &'static str = "words";
    const VERSION: u32 = 2;
}

pub(super) async fn changed_steps_are_refused_and_versions_taken_over<B: Bench>(bench: B) {
    let clock = start();
    let first = sagas(&bench, &clock, Steps::new().then(write(&bench, "one")).then(write(&bench, "two")));
    let id = first.start(&Words::default()).await.unwrap();
    let old = node(&bench, &first, &clock).await;
    assert!(old.work(End::Whole).await);
    // Other steps under the same version: nobody knows what was done.
    let renamed = sagas(&bench, &clock, Steps::new().then(write(&bench, "one")).then(write(&bench, "zwei")));
    let wrong = node(&bench, &renamed, &clock).await;
    wrong.catch_up().await;
    let stuck = first.get(id).await.unwrap();
    assert_eq!(stuck.status, SagaStatus::Stuck);
    assert!(stuck.progress.error.unwrap().contains("version"));
    first.retry(id).await.unwrap();

    let later = |name: &'static str| Step::new(name, |state: Later, _| async { Ok(state) });
    let steps = || Steps::new().then(later("one")).then(later("between")).then(later("two"));
    // One that does not know the earlier version leaves it to others.
    let strict = sagas(&bench, &clock, steps());
    let ignorant = node(&bench, &strict, &clock).await;
    ignorant.catch_up().await;
    assert_eq!(first.get(id).await.unwrap().version, 1);
    let taking_over = steps().upgrading(1, |state| Ok(serde_json::json!({ "words": state })));
    let second = sagas(&bench, &clock, taking_over);
    node(&bench, &second, &clock).await.drain().await;
    let saga = second.get(id).await.unwrap();
    assert_eq!((saga.status, saga.version), (SagaStatus::Completed, 2));
    assert_eq!(saga.progress.state, serde_json::json!({ "words": ["one"] }));
    let names: Vec<_> = saga.progress.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["one", "between", "two"]);
    assert!(matches!(second.start(&Words::default()).await, Err(Error::Unknown { version: 1, .. })));
    assert!(Sagas::new(bench.store(), clock.clock()).with(Steps::<Words, B::Store>::new()).is_err());
    let twice = Steps::new().then(write(&bench, "one")).then(write(&bench, "one"));
    assert!(Sagas::new(bench.store(), clock.clock()).with(twice).is_err());
}

pub(super) async fn nodes_of_jobs_share_the_work<B: Bench>(bench: B) {
    let clock = Clock::system();
    let twice = Step::new("twice", |words: Words, context| async move {
        if context.attempt == 1 { Err(Failure::new("not yet").after(Duration::ZERO)) } else { Ok(words) }
    });
    let steps = Steps::new()
        .then(write(&bench, "one"))
        .then(twice)
        .then(Step::sleep("nap", Duration::from_millis(5)))
        .then(write(&bench, "two"));
    let all = Sagas::new(bench.store(), clock.clone()).with(steps).unwrap().build();
    let nodes: Vec<_> = (0..2)
        .map(|_| {
            let config = NodeConfig::new().with_poll(Duration::from_millis(20));
            let node = JobNode::new(bench.store().jobs().clone(), clock.clone(), config)
                .with_queue(Queue::new("sagas").with_concurrency(3))
                .with_worker(all.worker());
            tokio::spawn(node.run_until(std::future::pending()).boxed())
        })
        .collect();
    for _ in 0..20 {
        all.start(&Words::default()).await.unwrap();
    }
    let done = SagaFilter::new().in_status(SagaStatus::Completed);
    until("all sagas are done", async || all.list(&done, None, 50).await.unwrap().len() == 20).await;
    for node in nodes {
        node.abort();
    }
    let effects = bench.effects().await;
    assert_eq!(effects.iter().filter(|effect| *effect == "one").count(), 20);
    assert_eq!(effects.len(), 40);
}
