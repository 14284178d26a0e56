//! What happens when many want the same.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;

use super::bench::Bench;
use super::claims::{Hand, add, number, numbers};
use crate::jobs::{JobState, JobStore as _, Unique};

pub(super) async fn claimers_get_each_job_once<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    let jobs: Vec<_> = (0..5_000).map(|number| hand.jobs.prepare(add(number)).unwrap()).collect();
    hand.jobs.enqueue_all(&jobs).await.unwrap();
    let mut claimers = Vec::new();
    for size in [1, 7, 50, 64, 100, 13, 80, 3] {
        let node = hand.other().await;
        claimers.push(tokio::spawn(async move {
            let mut got = Vec::new();
            let mut empty = 0;
            while empty < 3 {
                let jobs = node.claim(size).await;
                empty = if jobs.is_empty() { empty + 1 } else { 0 };
                got.extend(numbers(&jobs));
                node.done(&jobs).await;
            }
            got
        }));
    }
    let mut got: Vec<i64> = join_all(claimers).await.into_iter().flat_map(Result::unwrap).collect();
    got.sort_unstable();
    assert_eq!(got, (0..5_000).collect::<Vec<_>>());
}

pub(super) async fn who_leaves_takes_nothing_along<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    let jobs: Vec<_> = (0..300).map(|number| hand.jobs.prepare(add(number)).unwrap()).collect();
    hand.jobs.enqueue_all(&jobs).await.unwrap();
    for round in 0..40_u64 {
        let node = Arc::new(hand.other().await);
        let claims = (1..4).map(|size| {
            let node = node.clone();
            // Each on its own line to the store, as one whose answer nobody waits for any more.
            tokio::spawn(async move { node.claim(size * 5).await })
        });
        let claims: Vec<_> = claims.collect();
        tokio::time::sleep(Duration::from_micros(round % 10 * 100)).await;
        node.bench.store().leave(node.node, node.now()).await.unwrap();
        join_all(claims).await.into_iter().for_each(|claim| drop(claim.unwrap()));
        assert!(node.claim(5).await.is_empty(), "round {round}: who has left is given jobs");
        let counts = hand.jobs.counts().await.unwrap();
        assert!(counts.iter().all(|count| count.state == JobState::Ready), "round {round}: {counts:?}");
    }
    assert_eq!(hand.claim(1_000).await.len(), 300);
}

pub(super) async fn one_of_many_enqueuers_wins<B: Bench>(bench: B) {
    let hand = Arc::new(Hand::new(bench).await);
    for (round, scope) in [Unique::WhileOpen, Unique::Within(Duration::from_mins(1))].into_iter().enumerate()
    {
        let enqueuers = (0..64).map(|number| {
            let hand = hand.clone();
            tokio::spawn(async move {
                hand.jobs.enqueue(add(number).unique(format!("only {round}"), scope)).await.unwrap()
            })
        });
        let enqueued: Vec<_> = join_all(enqueuers).await.into_iter().map(Result::unwrap).collect();
        let winners: Vec<_> = enqueued.iter().filter(|enqueued| enqueued.is_new).collect();
        assert_eq!(winners.len(), 1);
        assert!(enqueued.iter().all(|enqueued| enqueued.id == winners[0].id));
    }
    assert_eq!(hand.claim(100).await.len(), 2);
}

pub(super) async fn a_key_never_runs_twice_at_once<B: Bench>(bench: B) {
    const KEYS: i64 = 7;
    const JOBS: i64 = 420;
    let hand = Hand::new(bench).await;
    let running = Arc::new(Mutex::new(HashMap::<i64, i64>::new()));
    let done = Arc::new(Mutex::new(HashMap::<i64, Vec<i64>>::new()));
    let mut tasks = Vec::new();
    for key in 0..KEYS {
        let jobs = hand.jobs.clone();
        tasks.push(tokio::spawn(async move {
            for number in (key..JOBS).step_by(usize::try_from(KEYS).unwrap()) {
                jobs.enqueue(add(number).keyed(key)).await.unwrap();
            }
        }));
    }
    for size in [1, 5, 20, 50] {
        let node = hand.other().await;
        let (running, done) = (running.clone(), done.clone());
        tasks.push(tokio::spawn(async move {
            while done.lock().unwrap().values().map(Vec::len).sum::<usize>() < usize::try_from(JOBS).unwrap()
            {
                let jobs = node.claim(size).await;
                for job in &jobs {
                    let before = running.lock().unwrap().insert(number(job) % KEYS, number(job));
                    assert_eq!(before, None, "{} runs while another of its key does", number(job));
                }
                tokio::task::yield_now().await;
                for job in &jobs {
                    running.lock().unwrap().remove(&(number(job) % KEYS));
                    done.lock().unwrap().entry(number(job) % KEYS).or_default().push(number(job));
                }
                node.done(&jobs).await;
            }
        }));
    }
    let all = tokio::time::timeout(Duration::from_mins(2), join_all(tasks)).await;
    let done = done.lock().unwrap().clone();
    for result in all.unwrap_or_else(|_| panic!("some are stuck: {done:?}")) {
        result.unwrap();
    }
    for (key, numbers) in done {
        let expected: Vec<i64> = (key..JOBS).step_by(usize::try_from(KEYS).unwrap()).collect();
        assert_eq!(numbers, expected, "of key {key}");
    }
}
