//! Of jobs with the same unique key only one is enqueued.

use std::time::Duration;

use super::bench::Bench;
use super::claims::{Hand, add, numbers};
use super::sample::Add;
use crate::jobs::{Error, Failure, Job, JobDraft, Outcome, Unique};

#[derive(serde::Serialize, serde::Deserialize)]
struct Other;

impl Job for Other {
    const KIND: &'static str = "other";
}

pub(super) async fn one_while_it_is_open<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    let draft = |number| add(number).unique("u", Unique::WhileOpen);
    let id = hand.enqueue(draft(1)).await;
    let refused = hand.jobs.enqueue(draft(2)).await.unwrap();
    assert_eq!((refused.id, refused.is_new), (id, false));
    // Another kind's keys are its own, and of a batch the first has it.
    assert!(hand.jobs.enqueue(JobDraft::new(Other).unique("u", Unique::WhileOpen)).await.unwrap().is_new);
    let of = |number, key: &str| hand.jobs.prepare(add(number).unique(key, Unique::WhileOpen)).unwrap();
    let batch = [of(3, "v"), of(4, "u"), of(5, "v"), of(6, "w")];
    let enqueued = hand.jobs.enqueue_all(&batch).await.unwrap();
    assert_eq!(enqueued.iter().map(|job| job.is_new).collect::<Vec<_>>(), [true, false, false, true]);
    assert_eq!((enqueued[1].id, enqueued[2].id), (id, batch[0].id));

    let jobs: Vec<_> = hand.claim(10).await.into_iter().filter(|job| job.kind == Add::KIND).collect();
    assert_eq!(numbers(&jobs), [1, 3, 6]);
    // Running, waiting for another attempt: still open.
    assert!(!hand.jobs.enqueue(draft(7)).await.unwrap().is_new);
    assert!(hand.settle(&jobs[0], hand.fail(&jobs[0], Failure::new("later"))).await);
    assert!(!hand.jobs.enqueue(draft(7)).await.unwrap().is_new);
    hand.clock.advance(Duration::from_secs(8));
    let job = hand.claim(10).await.remove(0);
    assert!(hand.settle(&job, Outcome::Dead { errors: vec![] }).await);
    let heir = hand.enqueue(draft(8)).await;
    // The dead one is kept out in its turn, and comes back when the key is free.
    assert!(matches!(hand.jobs.retry(id).await, Err(Error::KeptOut(other)) if other == heir));
    assert_eq!(hand.jobs.replay("default").await.unwrap(), 0);
    hand.jobs.cancel(heir).await.unwrap();
    assert_eq!(hand.jobs.replay("default").await.unwrap(), 1);
    assert!(!hand.jobs.enqueue(draft(9)).await.unwrap().is_new);
    hand.done(&hand.claim(10).await).await;
    hand.enqueue(draft(10)).await;
}

pub(super) async fn one_within_a_period<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    let hour = Duration::from_hours(1);
    let draft = |number| add(number).unique("u", Unique::Within(hour));
    let id = hand.enqueue(draft(1)).await;
    hand.done(&hand.claim(1).await).await;
    assert_eq!(hand.jobs.enqueue(draft(2)).await.unwrap().id, id);
    hand.clock.advance(Duration::from_secs(3_599));
    assert!(!hand.jobs.enqueue(draft(3)).await.unwrap().is_new);
    hand.clock.advance(Duration::from_secs(1));
    hand.enqueue(draft(4)).await;
    assert!(!hand.jobs.enqueue(draft(5)).await.unwrap().is_new);
    assert_eq!(numbers(&hand.claim(10).await), [4]);
}
