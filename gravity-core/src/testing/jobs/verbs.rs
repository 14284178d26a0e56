//! Verbs that race each other.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::oneshot;

use super::bench::Bench;
use super::claims::{Hand, add, number, system};
use super::sample::Add;
use crate::jobs::{
    Ask, Failure, Job, JobDraft, JobNode, JobState, JobStore as _, Jobs, Keep, NodeConfig, Outcome, Queue,
    Settled,
};
use crate::testing::Random;
use crate::testing::wait::until;

/// The queue of jobs of which no node here knows the kind.
#[derive(serde::Serialize, serde::Deserialize)]
struct Foreign;

impl Job for Foreign {
    const KIND: &'static str = "foreign";
}

/// A job whose own rule is broken.
#[derive(serde::Serialize, serde::Deserialize)]
struct Ruled;

impl Job for Ruled {
    const KIND: &'static str = "ruled";

    fn wait(&self, _: u32) -> Duration {
        panic!("no rule")
    }
}

fn config() -> NodeConfig {
    NodeConfig::new().with_lease(Duration::from_millis(800)).with_poll(Duration::from_millis(50))
}

/// Takers, cancellers and those who retry, all at once: nothing is done twice, and nothing that was done comes back.
pub(super) async fn takers_cancellers_and_retriers_agree<B: Bench>(bench: B) {
    let hand = Hand::new(bench.clone()).await;
    let mut ids = Vec::new();
    for number in 0..40 {
        ids.push(hand.enqueue(add(number).keyed(number % 4)).await);
    }
    let done = Arc::new(Mutex::new(BTreeMap::<i64, u32>::new()));
    let is_over = Arc::new(AtomicBool::new(false));
    let takers: Vec<_> = (0..3)
        .map(|seed| {
            let (bench, done, is_over) = (bench.clone(), done.clone(), is_over.clone());
            let hand = Hand::at(bench, hand.clock.clone());
            tokio::spawn(
                async move {
                    let (hand, dice) = (hand.await, Random::new(seed));
                    while !is_over.load(Ordering::SeqCst) {
                        for job in hand.claim(3).await {
                            let outcome = match dice.below(4) {
                                0 => Outcome::GivenBack,
                                1 => hand.fail(&job, Failure::snooze(Duration::ZERO)),
                                _ => Outcome::Done(Keep::ForATime),
                            };
                            let is_done = matches!(outcome, Outcome::Done(_));
                            assert!(hand.settle(&job, outcome).await, "its claim has not ended");
                            if is_done {
                                *done.lock().unwrap().entry(number(&job)).or_default() += 1;
                            }
                        }
                        tokio::task::yield_now().await;
                    }
                }
                .boxed(),
            )
        })
        .collect();
    let meddlers: Vec<_> = (10..12)
        .map(|seed| {
            let (jobs, ids) = (hand.jobs.clone(), ids.clone());
            tokio::spawn(async move {
                let dice = Random::new(seed);
                for _ in 0..120 {
                    let id = *dice.pick(&ids);
                    // Whether it may is for the state of that moment to say.
                    let meddled = if dice.once_in(2) { jobs.cancel(id).await } else { jobs.retry(id).await };
                    assert!(
                        matches!(meddled, Ok(()) | Err(crate::jobs::Error::WrongState(_))),
                        "{meddled:?}"
                    );
                }
            })
        })
        .collect();
    for meddler in meddlers {
        meddler.await.unwrap();
    }
    for id in &ids {
        let _ = hand.jobs.retry(*id).await;
    }
    until("all is done or cancelled", async || {
        hand.jobs.counts().await.unwrap().iter().all(|count| count.state.is_finished())
    })
    .await;
    is_over.store(true, Ordering::SeqCst);
    for taker in takers {
        taker.await.unwrap();
    }
    let done = done.lock().unwrap().clone();
    assert!(done.values().all(|times| *times == 1), "{done:?}");
    for (id, number) in ids.iter().zip(0..) {
        let expected = if done.contains_key(&number) { JobState::Done } else { JobState::Cancelled };
        assert_eq!(hand.state(*id).await, Some(expected), "{number}");
    }
}

/// What is cancelled while its transaction is about to commit is done, or has left nothing.
pub(super) async fn an_effect_is_there_if_its_job_is_done<B: Bench>(bench: B) {
    let writes = bench.clone();
    let node = JobNode::new(bench.store(), system(), config())
        .with_queue(Queue::new("default").with_concurrency(4).keeping_done())
        .with_worker_in_tx::<Add>(move |job, _, tx| {
            let written = writes.write(tx, job.number);
            Box::pin(async move { Ok(written.await?) })
        });
    let running = tokio::spawn(node.run_until(std::future::pending()).boxed());
    let jobs = Jobs::new(bench.store(), system());
    let mut ids = Vec::new();
    for number in 0..60 {
        let id = jobs.enqueue(add(number)).await.unwrap().id;
        ids.push(id);
        // One that ran a while ago, or is about to.
        let victim = ids[ids.len().saturating_sub(1 + usize::try_from(number % 4).unwrap())];
        let _ = jobs.cancel(victim).await;
    }
    until("all has ended", async || {
        jobs.counts().await.unwrap().iter().all(|count| count.state.is_finished())
    })
    .await;
    running.abort();
    let effects = bench.effects().await;
    for (id, number) in ids.iter().zip(0_i64..) {
        let state = jobs.get(*id).await.unwrap().unwrap().state;
        let times = effects.iter().filter(|effect| **effect == number).count();
        assert_eq!(
            (state == JobState::Done, times),
            (times == 1, usize::from(state == JobState::Done)),
            "{number}"
        );
    }
}

/// Nodes that are stopped while they take, do and write: what was done is not done again.
pub(super) async fn stopping_nodes_do_nothing_twice<B: Bench>(bench: B) {
    const JOBS: usize = 600;
    let jobs = Jobs::new(bench.store(), system());
    let drafts: Vec<_> = (0..).take(JOBS).map(|number| jobs.prepare(add(number)).unwrap()).collect();
    jobs.enqueue_all(&drafts).await.unwrap();
    let ran = Arc::new(Mutex::new(vec![0_u32; JOBS]));
    let total = Arc::new(AtomicUsize::new(0));
    let mut rounds = 0;
    while total.load(Ordering::SeqCst) < JOBS {
        let (ran, count) = (ran.clone(), total.clone());
        let node = JobNode::new(bench.store(), system(), config())
            .with_queue(Queue::new("default").with_concurrency(3))
            .with_worker(move |job: Add, _| {
                ran.lock().unwrap()[usize::try_from(job.number).unwrap()] += 1;
                count.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().map(Ok)
            });
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(node.run_until(async { drop(stopped.await) }).boxed());
        let goal = (total.load(Ordering::SeqCst) + 1 + rounds * 7 % 40).min(JOBS);
        until("some are done", async || total.load(Ordering::SeqCst) >= goal).await;
        drop(stop);
        running.await.unwrap().unwrap();
        rounds += 1;
    }
    assert!(jobs.counts().await.unwrap().is_empty(), "{:?}", jobs.counts().await.unwrap());
    assert_eq!(*ran.lock().unwrap(), vec![1; JOBS], "in {rounds} rounds");
}

/// A kind that nobody here knows, a rule that panics, and a job that is killed by its time: the others go on.
pub(super) async fn what_is_broken_holds_up_nobody<B: Bench>(bench: B) {
    let writes = bench.clone();
    let node = JobNode::new(bench.store(), system(), config())
        .with_queue(Queue::new("default").with_concurrency(1))
        .with_worker(|_: Ruled, _| async { Err(Failure::new("no")) })
        .with_worker_in_tx::<Add>(move |job, _, tx| {
            let (number, written) = (job.number, writes.write(tx, job.number));
            Box::pin(async move {
                written.await?;
                match number {
                    0 => panic!("poison"),
                    1 => std::future::pending().await,
                    _ => Ok(()),
                }
            })
        });
    let jobs = Jobs::new(bench.store(), system());
    let foreign = jobs.enqueue(Foreign).await.unwrap().id;
    let ruled = jobs.enqueue(JobDraft::new(Ruled).with_max_attempts(9)).await.unwrap().id;
    let mut ids = Vec::new();
    for number in 0..4 {
        let draft = add(number).keyed("line").with_max_attempts(1).with_timeout(Duration::from_millis(60));
        // Only the one that hangs is short of time.
        let draft = if number == 1 { draft } else { draft.with_timeout(Duration::from_mins(1)) };
        ids.push(jobs.enqueue(draft).await.unwrap().id);
    }
    let running = tokio::spawn(node.run_until(std::future::pending()).boxed());
    until("those that can be are done", async || bench.effects().await == [2, 3]).await;
    let state = async |id| jobs.get(id).await.unwrap().map(|job| job.state);
    assert_eq!(state(ids[0]).await, Some(JobState::Dead));
    assert_eq!(state(ids[1]).await, Some(JobState::Dead));
    // It is there for a node that knows it, and has not failed.
    until("the unknown one waits", async || state(foreign).await == Some(JobState::Scheduled)).await;
    assert_eq!(jobs.get(foreign).await.unwrap().unwrap().failures, 0);
    // The panic of a rule is not the end of a worker.
    let ruled = async || jobs.get(ruled).await.unwrap().unwrap();
    until("the ruled one waits", async || ruled().await.state == JobState::Scheduled).await;
    assert!(ruled().await.failures >= 1);
    running.abort();
}

/// A node is killed while it holds a key and has more jobs of others in hand; what it writes late is refused.
pub(super) async fn who_is_killed_with_a_key_lets_it_go<B: Bench>(bench: B) {
    let doomed = Hand::new(bench).await;
    for number in 0..4 {
        doomed.enqueue(add(number).keyed("a")).await;
    }
    let held = doomed.claim(10).await;
    assert_eq!(held.len(), 1);
    let heir = doomed.other().await;
    assert!(heir.claim(10).await.is_empty());
    assert_eq!(heir.bench.store().bury(doomed.node, Some(0), heir.now()).await.unwrap(), 1);
    // It is dead, and gets nothing more.
    let ask = Ask { node: doomed.node, ..doomed.ask(10) };
    assert!(doomed.bench.store().claim(ask).await.unwrap().jobs.is_empty());
    let taken = heir.claim(10).await;
    assert_eq!((number(&taken[0]), taken.len(), taken[0].attempt()), (0, 1, 1));
    // Late writes of every kind change nothing, alone or beside one that holds.
    for outcome in [Outcome::Done(Keep::Not), Outcome::GivenBack, Outcome::Dead { errors: vec![] }] {
        assert!(!doomed.settle(&held[0], outcome).await);
    }
    let settled =
        [held[0].clone(), taken[0].clone()].map(|job| Settled { job, outcome: Outcome::Done(Keep::Not) });
    assert_eq!(heir.bench.store().settle(&settled, heir.now()).await.unwrap(), [held[0].id]);
    assert_eq!(number(&heir.claim(10).await[0]), 1);
}
