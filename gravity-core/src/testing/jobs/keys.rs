//! Jobs of a key run one after the other.

use std::time::Duration;

use super::bench::Bench;
use super::claims::{Hand, add, numbers};
use crate::jobs::{Failure, JobState, JobStore as _, Outcome};

pub(super) async fn a_key_runs_in_order<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    for (number, key, priority) in [(1, "a", 0), (2, "b", 0), (3, "a", 9), (4, "a", 0), (5, "b", 0)] {
        hand.enqueue(add(number).keyed(key).with_priority(priority)).await;
    }
    hand.enqueue(add(6)).await;
    // The same key in another queue is another key.
    hand.enqueue(add(7).keyed("a").in_queue("other")).await;
    let mut done = Vec::new();
    for _ in 0..10 {
        let jobs = hand.claim(10).await;
        let other = hand.other().await;
        assert!(other.claim(10).await.is_empty());
        done.extend(numbers(&jobs));
        hand.done(&jobs).await;
    }
    assert_eq!(done, [1, 2, 6, 3, 5, 4]);
}

pub(super) async fn a_retry_holds_its_key<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    let first = hand.enqueue(add(1).keyed("a")).await;
    let second = hand.enqueue(add(2).keyed("a")).await;
    hand.enqueue(add(3).keyed("a")).await;
    // One that is delayed takes its place when it is due.
    hand.enqueue(add(0).keyed("b").delayed(Duration::from_secs(20))).await;
    hand.enqueue(add(10).keyed("b")).await;
    let jobs = hand.claim(10).await;
    assert_eq!(numbers(&jobs), [1, 10]);
    assert_eq!(hand.state(second).await, Some(JobState::Waiting));
    hand.done(&jobs[1..]).await;
    assert!(hand.settle(&jobs[0], hand.fail(&jobs[0], Failure::new("not yet"))).await);
    assert_eq!(hand.state(first).await, Some(JobState::Scheduled));
    assert!(hand.claim(10).await.is_empty());
    hand.clock.advance(Duration::from_secs(8));
    let jobs = hand.claim(10).await;
    assert_eq!(numbers(&jobs), [1]);
    assert!(hand.settle(&jobs[0], hand.fail(&jobs[0], Failure::snooze(Duration::from_secs(1)))).await);
    assert!(hand.claim(10).await.is_empty());
    hand.clock.advance(Duration::from_secs(1));
    let jobs = hand.claim(10).await;
    assert_eq!(numbers(&jobs), [1]);
    // Its node falls silent: it keeps its place.
    let heir = hand.other().await;
    hand.bench.store().bury(hand.node, Some(0), hand.now()).await.unwrap();
    let jobs = heir.claim(10).await;
    assert_eq!(numbers(&jobs), [1]);
    // It is dead, and lets the next go.
    assert!(heir.settle(&jobs[0], Outcome::Dead { errors: vec![] }).await);
    let jobs = heir.claim(10).await;
    assert_eq!(numbers(&jobs), [2]);
    assert!(heir.settle(&jobs[0], hand.fail(&jobs[0], Failure::new("again"))).await);
    // Cancelling the one that holds the key lets the next go too.
    heir.jobs.cancel(second).await.unwrap();
    assert_eq!(numbers(&heir.claim(10).await), [3]);
    hand.clock.advance(Duration::from_secs(20));
    assert_eq!(numbers(&heir.claim(10).await), [0]);
}

pub(super) async fn a_long_line_holds_up_nobody<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    let line: Vec<_> = (0..700).map(|number| hand.jobs.prepare(add(number).keyed("a")).unwrap()).collect();
    hand.jobs.enqueue_all(&line).await.unwrap();
    hand.enqueue(add(1_000)).await;
    assert_eq!(numbers(&hand.claim(1).await), [0]);
    assert_eq!(numbers(&hand.claim(1).await), [1_000]);
    assert!(hand.claim(5).await.is_empty());
    // Cancelling from the middle leaves no hole.
    hand.jobs.cancel(line[1].id).await.unwrap();
    hand.jobs.cancel(line[2].id).await.unwrap();
    let first = hand.jobs.get(line[0].id).await.unwrap().unwrap();
    assert_eq!(first.state, JobState::Running);
    hand.bench.store().leave(hand.node, hand.now()).await.unwrap();
    let heir = hand.other().await;
    let mut done = Vec::new();
    for _ in 0..8 {
        let jobs = heir.claim(1).await;
        done.extend(numbers(&jobs));
        heir.done(&jobs).await;
    }
    // The other one is younger than all of them.
    assert_eq!(done, [0, 3, 4, 5, 6, 7, 8, 9]);
}
