//! What a store keeps.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Bench;
use super::node::node;
use crate::TestClock;
use crate::jobs::JobStore as _;
use crate::sagas::{
    Error, Saga, SagaCount, SagaFilter, SagaId, SagaStatus, SagaStep, SagaStore, Sagas, Step, StepStatus,
    Steps,
};

/// A saga whose state is a list of words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Words(pub(super) Vec<String>);

impl Saga for Words {
    const NAME: &'static str = "words";
}

pub(super) fn start() -> TestClock {
    TestClock::at("2026-03-01T12:00:00Z".parse().unwrap())
}

/// Sagas of one kind.
pub(super) fn sagas<B: Bench, T: Saga>(
    bench: &B,
    clock: &TestClock,
    steps: Steps<T, B::Store>,
) -> Sagas<B::Store> {
    Sagas::new(bench.store(), clock.clock()).with(steps).unwrap().build()
}

/// A step that writes its name in its transaction, and adds it to the words; its compensation likewise.
pub(super) fn write<B: Bench>(bench: &B, name: &'static str) -> Step<Words, B::Store> {
    let (done, undone) = (bench.clone(), bench.clone());
    Step::in_tx(name, move |mut words: Words, _, tx| {
        let written = done.write(tx, name.to_owned());
        words.0.push(name.to_owned());
        Box::pin(async move { written.await.map(|()| words) })
    })
    .undone_in_tx(move |mut words: Words, _, tx| {
        let written = undone.write(tx, format!("no {name}"));
        words.0.push(format!("no {name}"));
        Box::pin(async move { written.await.map(|()| words) })
    })
}

pub(super) async fn what_is_kept_comes_back<B: Bench>(bench: B) {
    let clock = start();
    let sagas = sagas(&bench, &clock, Steps::new().then(write(&bench, "one")).then(write(&bench, "two")));
    let id = sagas.start(&Words(vec!["é🦀\"\\".into()])).await.unwrap();
    let kept = sagas.get(id).await.unwrap();
    assert_eq!((kept.id, kept.name.as_str(), kept.version, kept.checkpoint), (id, "words", 1, 1));
    assert_eq!((kept.status, kept.started_at, kept.finished_at), (SagaStatus::Running, clock.now(), None));
    assert_eq!(kept.progress.state, serde_json::json!(["é🦀\"\\"]));
    let steps: Vec<_> = kept.progress.steps.iter().map(|step| (step.name.as_str(), step.status)).collect();
    assert_eq!(steps, [("one", StepStatus::Pending), ("two", StepStatus::Pending)]);
    sagas.signal(id, "later", serde_json::json!({"a": 1})).await.unwrap();
    assert_eq!(sagas.get(id).await.unwrap().progress.signals["later"], serde_json::json!({"a": 1}));
    let unknown = SagaId::new(&clock.clock());
    assert!(matches!(sagas.get(unknown).await, Err(Error::NotFound)));
    assert!(matches!(sagas.cancel(unknown).await, Err(Error::NotFound)));
    assert!(matches!(sagas.signal(id, "No Name", serde_json::Value::Null).await, Err(Error::Invalid { .. })));
}

pub(super) async fn lists_counts_and_retention<B: Bench>(bench: B) {
    let clock = start();
    let all = sagas(&bench, &clock, Steps::new().then(write(&bench, "one")));
    let mut ids = Vec::new();
    for _ in 0..5 {
        clock.advance(Duration::from_secs(1));
        ids.push(all.start(&Words::default()).await.unwrap());
    }
    all.cancel(ids[1]).await.unwrap();
    let worker = node(&bench, &all, &clock).await;
    worker.drain().await;
    ids.push(all.start(&Words::default()).await.unwrap());
    ids.reverse();
    let listed = async |filter: SagaFilter, before, limit| {
        let sagas = all.list(&filter, before, limit).await.unwrap();
        sagas.into_iter().map(|saga| saga.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(SagaFilter::new(), None, 10).await, ids);
    assert_eq!(listed(SagaFilter::new(), Some(ids[1]), 2).await, ids[2..4]);
    assert_eq!(listed(SagaFilter::new().in_status(SagaStatus::Compensated), None, 10).await, [ids[4]]);
    assert_eq!(
        listed(SagaFilter::new().named("words").in_status(SagaStatus::Running), None, 10).await,
        [ids[0]]
    );
    assert_eq!(listed(SagaFilter::new().named("other"), None, 10).await, []);
    let count = |status, sagas| SagaCount { name: "words".into(), status, sagas };
    assert_eq!(
        all.counts().await.unwrap(),
        [count(SagaStatus::Running, 1), count(SagaStatus::Completed, 4), count(SagaStatus::Compensated, 1)]
    );
    assert_eq!(all.retain(Duration::from_secs(10)).await.unwrap(), 0);
    clock.advance(Duration::from_secs(11));
    assert_eq!(all.retain(Duration::from_secs(10)).await.unwrap(), 5);
    assert_eq!(listed(SagaFilter::new(), None, 10).await, [ids[0]]);
}

pub(super) async fn of_all_at_one_checkpoint_one_goes_on<B: Bench>(bench: B) {
    let clock = start();
    let all = sagas(&bench, &clock, Steps::new().then(write(&bench, "one")).then(write(&bench, "two")));
    let id = all.start(&Words::default()).await.unwrap();
    let race: Vec<_> = (0..16)
        .map(|_| {
            let all = all.clone();
            tokio::spawn(async move { all.run(&SagaStep { saga: id, checkpoint: 1 }).await })
        })
        .collect();
    for racer in race {
        racer.await.unwrap().unwrap();
    }
    assert_eq!(bench.effects().await, ["one"]);
    let saga = all.get(id).await.unwrap();
    assert_eq!((saga.checkpoint, saga.progress.at), (2, 1));
    // The first job of all, and that of the checkpoint.
    let jobs = bench.store().jobs().list(&crate::jobs::JobFilter::new(), None, 10).await.unwrap();
    assert_eq!(jobs.len(), 2);
    assert!(matches!(bench.store().update(id, Some(1), &Nothing).await, Err(Error::Fenced)));
}

struct Nothing;

impl<S: SagaStore> crate::sagas::Change<S> for Nothing {
    fn change<'a>(
        &'a self,
        _: &'a mut S::Tx<'_>,
        saga: crate::sagas::SagaRecord,
    ) -> futures_util::future::BoxFuture<'a, Result<crate::sagas::Changed, crate::jobs::Failure>> {
        Box::pin(async { Ok(crate::sagas::Changed { saga, jobs: Vec::new() }) })
    }
}
