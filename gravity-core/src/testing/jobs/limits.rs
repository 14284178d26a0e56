//! What is too much, too long or too late, and clocks that are wrong.

use std::time::Duration;

use super::bench::Bench;
use super::claims::{Hand, add, numbers};
use crate::Timestamp;
use crate::jobs::{
    Ask, Claimed, Error, Failure, Job, JobDraft, JobState, JobStore as _, Outcome, Rate, Unique,
};

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Text {
    text: String,
}

impl Job for Text {
    const KIND: &'static str = "text";
}

fn text(text: impl Into<String>) -> JobDraft<Text> {
    JobDraft::new(Text { text: text.into() })
}

pub(super) async fn what_breaks_a_rule_is_refused<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    let long = "\u{1F511}".repeat(256);
    for (what, draft) in [
        ("key", add(1).keyed(&long)),
        ("key", add(1).keyed("")),
        ("key", add(1).keyed("a\u{0}b")),
        ("key", add(1).keyed("a\nb")),
        ("rate key", add(1).rated_by(&long)),
        ("unique key", add(1).unique(&long, Unique::WhileOpen)),
        ("unique key", add(1).unique("", Unique::WhileOpen)),
        ("correlation", add(1).correlated("\u{7f}")),
        ("queue", add(1).in_queue("")),
        ("queue", add(1).in_queue("Mail")),
        ("queue", add(1).in_queue("a".repeat(65))),
        ("queue", add(1).in_queue("\u{e9}")),
    ] {
        let refused = hand.jobs.enqueue(draft).await;
        assert!(
            matches!(refused, Err(Error::Invalid { what: about, .. }) if about == what),
            "{what}: {refused:?}"
        );
    }
    let huge = hand.jobs.enqueue(text("x".repeat(1 << 20))).await;
    assert!(matches!(huge, Err(Error::Invalid { what: "job", .. })), "{huge:?}");
    // One that breaks a rule keeps its whole batch out.
    let mut batch = vec![hand.jobs.prepare(add(1)).unwrap(), hand.jobs.prepare(add(2)).unwrap()];
    batch[1].key = Some(String::new());
    assert!(hand.jobs.enqueue_all(&batch).await.is_err());
    assert!(hand.jobs.counts().await.unwrap().is_empty());
}

pub(super) async fn the_ends_of_every_range_are_kept<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    // As long as can be, in the characters that take the most room.
    let key = "\u{1F511}".repeat(255);
    let large = format!("\u{0}\"\\ \u{1F511} {}", "x".repeat((1 << 20) - 100));
    let draft = text(&*large)
        .in_queue("q".repeat(64))
        .keyed(&key)
        .rated_by(&key)
        .correlated(&key)
        .unique(&key, Unique::Within(Duration::MAX))
        .with_max_attempts(u32::MAX)
        .with_timeout(Duration::MAX);
    let id = hand.jobs.enqueue(draft.clone()).await.unwrap().id;
    assert!(!hand.jobs.enqueue(draft).await.unwrap().is_new);
    let view = hand.jobs.get(id).await.unwrap().unwrap();
    assert_eq!(serde_json::from_str::<Text>(&view.payload).unwrap().text, large);
    assert_eq!(
        (view.key, view.unique_key, view.correlation),
        (Some(key.clone()), Some(key.clone()), Some(key))
    );

    // A time that has been is now, and one that never comes is waited for.
    let past = hand.enqueue(add(1).at(Timestamp::MIN)).await;
    let never = hand.enqueue(add(2).at(Timestamp::MAX)).await;
    hand.enqueue(add(3).delayed(Duration::MAX)).await;
    let over = hand.enqueue(add(4).unique("u", Unique::Within(Duration::ZERO))).await;
    assert_ne!(over, hand.enqueue(add(5).unique("u", Unique::Within(Duration::ZERO))).await);
    let jobs = hand.claim(10).await;
    assert_eq!((numbers(&jobs), jobs[0].id), (vec![1, 4, 5], past));
    assert_eq!(hand.bench.store().wake(hand.now()).await.unwrap(), Some(Timestamp::MAX));
    hand.jobs.cancel(never).await.unwrap();
    // Waits that go beyond the end of time end there.
    let snoozed = hand.fail(&jobs[0], Failure::snooze(Duration::MAX));
    assert!(hand.settle(&jobs[0], snoozed).await);
    let later = hand.fail(&jobs[1], Failure::new("no").after(Duration::MAX));
    assert!(hand.settle(&jobs[1], later).await);
    for job in &jobs[..2] {
        let view = hand.jobs.get(job.id).await.unwrap().unwrap();
        assert_eq!((view.state, view.run_at), (JobState::Scheduled, Timestamp::MAX));
        hand.jobs.retry(job.id).await.unwrap();
    }
    assert_eq!(numbers(&hand.claim(10).await), [1, 4]);
}

pub(super) async fn a_clock_that_was_ahead_holds_up_no_queue<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    for number in 0..8 {
        hand.enqueue(add(number)).await;
    }
    let rate = Some(Rate::new(2, Duration::from_secs(1)));
    let claim = async |at: Timestamp| {
        let ask = Ask { rate, now: at, ..hand.ask(5) };
        hand.bench.store().claim(ask).await.unwrap()
    };
    let now = hand.now();
    let ahead = now.saturating_add(Duration::from_hours(24 * 365));
    assert_eq!(numbers(&claim(ahead).await.jobs), [0, 1]);
    // The others go by their own clocks, and wait for a burst at most.
    let held = claim(now).await;
    assert!(held.jobs.is_empty() && held.held_until.unwrap() <= now.saturating_add(Duration::from_secs(1)));
    assert_eq!(numbers(&claim(now.saturating_add(Duration::from_secs(1))).await.jobs), [2, 3]);
    // A clock that was set back waits no longer either.
    assert_eq!(numbers(&claim(now.saturating_sub(Duration::from_hours(9))).await.jobs), [0; 0]);
    let back = now.saturating_sub(Duration::from_hours(9)).saturating_add(Duration::from_secs(1));
    assert_eq!(numbers(&claim(back).await.jobs), [4, 5]);
}

pub(super) async fn a_rate_by_key_keeps_the_order_of_keys<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    let key_rate = Some(Rate::new(1, Duration::from_secs(10)));
    let claim = async || -> Vec<Claimed> {
        hand.bench.store().wake(hand.now()).await.unwrap();
        hand.bench.store().claim(Ask { key_rate, ..hand.ask(20) }).await.unwrap().jobs
    };
    for (number, tenant) in [(0, "a"), (1, "a"), (2, "b"), (3, "c")] {
        hand.enqueue(add(number).keyed("order").rated_by(tenant)).await;
    }
    let first = claim().await;
    assert_eq!(numbers(&first), [0]);
    hand.done(&first).await;
    // The second waits for the rate of its tenant, and those behind it for the second.
    assert!(claim().await.is_empty());
    hand.enqueue(add(4).keyed("order").rated_by("d")).await;
    assert!(claim().await.is_empty());
    hand.clock.advance(Duration::from_secs(10));
    for number in 1..=4 {
        let jobs = claim().await;
        assert_eq!(numbers(&jobs), [number]);
        assert!(claim().await.is_empty());
        assert!(hand.settle(&jobs[0], Outcome::Done(crate::jobs::Keep::Not)).await);
    }
}
