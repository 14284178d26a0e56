//! What an operator sees and does.

use std::time::Duration;

use uuid::Uuid;

use super::bench::Bench;
use super::claims::{Hand, add, numbers};
use crate::jobs::{Count, Error, JobFilter, JobId, JobState, JobStore as _, Keep, Outcome};

pub(super) async fn jobs_are_listed_and_counted<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    let mut ids = Vec::new();
    for number in 0..6 {
        ids.push(hand.enqueue(add(number)).await);
        hand.clock.advance(Duration::from_secs(1));
    }
    let late = hand.enqueue(add(9).in_queue("mail").delayed(Duration::from_secs(1))).await;
    let all = hand.jobs.list(&JobFilter::new(), None, 100).await.unwrap();
    assert_eq!(all.iter().map(|job| job.id).collect::<Vec<_>>(), {
        let mut newest = ids.clone();
        newest.push(late);
        newest.reverse();
        newest
    });
    let next = hand.jobs.list(&JobFilter::new(), Some(ids[3]), 2).await.unwrap();
    assert_eq!(next.iter().map(|job| job.id).collect::<Vec<_>>(), [ids[2], ids[1]]);
    let running = hand.claim(2).await;
    let of = |state| JobFilter::new().in_queue("default").of_kind("sum.add").in_state(state);
    let listed = hand.jobs.list(&of(JobState::Running), None, 10).await.unwrap();
    assert_eq!(listed.iter().map(|job| job.id).collect::<Vec<_>>(), [ids[1], ids[0]]);
    assert_eq!(listed[0].claimed_at, Some(hand.now()));
    assert!(hand.jobs.list(&JobFilter::new().of_kind("none"), None, 10).await.unwrap().is_empty());
    hand.settle(&running[0], Outcome::Done(Keep::ForATime)).await;
    let count = |queue: &str, state, jobs| Count { queue: queue.into(), state, jobs };
    assert_eq!(
        hand.jobs.counts().await.unwrap(),
        [
            count("default", JobState::Ready, 4),
            count("default", JobState::Running, 1),
            count("default", JobState::Done, 1),
            count("mail", JobState::Scheduled, 1),
        ]
    );
    let ages = hand.bench.store().ages().await.unwrap();
    assert_eq!((ages.len(), ages[0].since), (1, hand.now().saturating_sub(Duration::from_secs(4))));
}

pub(super) async fn jobs_are_cancelled<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    let store = hand.bench.store();
    let now = hand.enqueue(add(1)).await;
    let later = hand.enqueue(add(2).delayed(Duration::from_secs(1))).await;
    let twice = [now, later];
    for id in twice {
        hand.jobs.cancel(id).await.unwrap();
        assert_eq!(hand.state(id).await, Some(JobState::Cancelled));
        assert!(matches!(hand.jobs.cancel(id).await, Err(Error::WrongState(JobState::Cancelled))));
    }
    assert!(matches!(hand.jobs.cancel(JobId::from_uuid(Uuid::now_v7())).await, Err(Error::NotFound)));
    hand.jobs.retry(later).await.unwrap();
    let job = hand.claim(5).await.remove(0);
    assert_eq!(job.id, later);
    assert!(matches!(hand.jobs.retry(later).await, Err(Error::WrongState(JobState::Running))));
    hand.jobs.cancel(later).await.unwrap();
    assert!(hand.jobs.get(later).await.unwrap().unwrap().is_cancelling);
    assert_eq!(store.beat(hand.node, &[later, now]).await.unwrap().cancelling, [later]);
    // Whatever its node says but that it is done, it is cancelled.
    assert!(hand.settle(&job, Outcome::GivenBack).await);
    assert_eq!(hand.state(later).await, Some(JobState::Cancelled));
    // One that is done in spite of it is done.
    hand.jobs.retry(now).await.unwrap();
    let job = hand.claim(5).await.remove(0);
    hand.jobs.cancel(now).await.unwrap();
    assert!(hand.settle(&job, Outcome::Done(Keep::ForATime)).await);
    assert_eq!(hand.state(now).await, Some(JobState::Done));
    assert!(matches!(hand.jobs.retry(now).await, Err(Error::WrongState(JobState::Done))));
    // One whose node falls silent is cancelled too.
    let third = hand.enqueue(add(3)).await;
    assert_eq!(numbers(&hand.claim(5).await), [3]);
    hand.jobs.cancel(third).await.unwrap();
    store.leave(hand.node, hand.now()).await.unwrap();
    assert_eq!(hand.state(third).await, Some(JobState::Cancelled));
}

pub(super) async fn the_dead_come_back_or_expire<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    let store = hand.bench.store();
    for number in 0..3 {
        hand.enqueue(add(number).with_max_attempts(1)).await;
    }
    hand.enqueue(add(8).in_queue("other")).await;
    for job in hand.claim(5).await {
        let outcome = hand.fail(&job, crate::jobs::Failure::new("no"));
        assert!(matches!(outcome, Outcome::Dead { .. }));
        hand.settle(&job, outcome).await;
        hand.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(store.replay("other", 10, hand.now()).await.unwrap(), 0);
    assert_eq!(store.replay("default", 1, hand.now()).await.unwrap(), 1);
    let job = hand.claim(5).await;
    assert_eq!((numbers(&job), job[0].attempt()), (vec![0], 1));
    hand.settle(&job[0], Outcome::Done(Keep::ForATime)).await;
    // The dead are kept longer than the done.
    let now = hand.now();
    let hour = Duration::from_hours(1);
    hand.clock.advance(hour);
    assert_eq!(store.retain(now.saturating_add(hour), now.saturating_sub(hour)).await.unwrap(), 1);
    assert_eq!(store.retain(hand.now(), hand.now()).await.unwrap(), 2);
    assert_eq!(hand.jobs.replay("default").await.unwrap(), 0);
    assert_eq!(hand.jobs.counts().await.unwrap().len(), 1);
}
