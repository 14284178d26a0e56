//! Steps that wait.

use std::time::Duration;

use serde_json::json;

use super::Bench;
use super::node::node;
use super::state::{Words, sagas, start, write};
use crate::jobs::Failure;
use crate::sagas::{SagaStatus, Step, Steps};

const HOUR: Duration = Duration::from_hours(1);

fn payment<B: Bench>() -> Step<Words, B::Store> {
    Step::wait_for("payment", "paid", HOUR, |mut words: Words, data| {
        let word = data.as_str().ok_or_else(|| Failure::new("no word"))?;
        words.0.push(word.to_owned());
        Ok(words)
    })
}

pub(super) async fn sleeps_and_signals<B: Bench>(bench: B) {
    let clock = start();
    let steps = Steps::new()
        .then(write(&bench, "one"))
        .then(Step::sleep("nap", HOUR))
        .then(payment::<B>())
        .then(Step::wait_for("early", "early", HOUR, |words: Words, _| Ok(words)))
        .then(write(&bench, "two"));
    let all = sagas(&bench, &clock, steps);
    let id = all.start(&Words::default()).await.unwrap();
    all.signal(id, "early", json!(null)).await.unwrap();
    let worker = node(&bench, &all, &clock).await;
    worker.catch_up().await;
    let asleep = all.get(id).await.unwrap();
    assert_eq!(
        (asleep.status, asleep.progress.wake_at),
        (SagaStatus::Waiting, clock.now().checked_add(HOUR))
    );
    clock.advance(HOUR - Duration::from_micros(1));
    worker.catch_up().await;
    assert_eq!(all.get(id).await.unwrap().progress.at, 1);
    clock.advance(Duration::from_micros(1));
    worker.catch_up().await;
    let waiting = all.get(id).await.unwrap();
    assert_eq!((waiting.progress.at, waiting.progress.waits_for.as_deref()), (2, Some("paid")));
    // Another signal does not wake it. Its own does, at once, and one that came before counts.
    all.signal(id, "other", json!(1)).await.unwrap();
    worker.catch_up().await;
    assert_eq!(all.get(id).await.unwrap().progress.at, 2);
    clock.advance(Duration::from_mins(5));
    all.signal(id, "paid", json!("by card")).await.unwrap();
    worker.catch_up().await;
    let saga = all.get(id).await.unwrap();
    assert_eq!((saga.status, saga.finished_at), (SagaStatus::Completed, Some(clock.now())));
    assert_eq!(saga.progress.state, json!(["one", "by card", "two"]));
    // The job that was to notice that no signal came finds nothing to do.
    worker.drain().await;
    assert_eq!(all.get(id).await.unwrap(), saga);
}

pub(super) async fn a_signal_that_does_not_come_is_a_failure<B: Bench>(bench: B) {
    let clock = start();
    let all = sagas(&bench, &clock, Steps::new().then(write(&bench, "one")).then(payment::<B>()));
    let late = all.start(&Words::default()).await.unwrap();
    let wrong = all.start(&Words::default()).await.unwrap();
    let worker = node(&bench, &all, &clock).await;
    worker.catch_up().await;
    all.signal(wrong, "paid", json!(7)).await.unwrap();
    worker.drain().await;
    let errors = [late, wrong].map(|id| {
        let all = all.clone();
        async move {
            let saga = all.get(id).await.unwrap();
            assert_eq!(saga.status, SagaStatus::Compensated);
            saga.progress.error.unwrap()
        }
    });
    let [late, wrong] = errors;
    assert_eq!(late.await, "payment: no signal `paid` came in time");
    assert_eq!(wrong.await, "payment: no word");
    assert_eq!(bench.effects().await.len(), 4);
}

pub(super) async fn who_waits_can_be_cancelled<B: Bench>(bench: B) {
    let clock = start();
    for waiting in [payment::<B>(), Step::sleep("nap", HOUR)] {
        let all = sagas(&bench, &clock, Steps::new().then(write(&bench, "one")).then(waiting));
        let id = all.start(&Words::default()).await.unwrap();
        let worker = node(&bench, &all, &clock).await;
        worker.catch_up().await;
        assert_eq!(all.get(id).await.unwrap().status, SagaStatus::Waiting);
        all.cancel(id).await.unwrap();
        all.cancel(id).await.unwrap();
        worker.catch_up().await;
        let saga = all.get(id).await.unwrap();
        assert_eq!((saga.status, saga.finished_at), (SagaStatus::Compensated, Some(clock.now())));
        worker.drain().await;
    }
    assert_eq!(bench.effects().await, ["one", "no one", "one", "no one"]);
}
