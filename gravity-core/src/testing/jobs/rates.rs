//! Rates of queues and of keys.

use std::time::Duration;

use super::bench::Bench;
use super::claims::{Hand, add, numbers};
use crate::jobs::{Ask, JobStore as _, Rate};

pub(super) async fn a_queue_has_a_rate<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    let store = hand.bench.store();
    let other = hand.other().await;
    for number in 0..20 {
        hand.enqueue(add(number)).await;
    }
    let rate = Some(Rate::new(10, Duration::from_secs(1)).with_burst(4));
    let taken = store.claim(Ask { rate, ..hand.ask(3) }).await.unwrap();
    assert_eq!(numbers(&taken.jobs), [0, 1, 2]);
    let taken = store.claim(Ask { rate, ..other.ask(3) }).await.unwrap();
    assert_eq!(numbers(&taken.jobs), [3]);
    let taken = store.claim(Ask { rate, ..hand.ask(3) }).await.unwrap();
    let next = hand.now().saturating_add(Duration::from_millis(100));
    assert_eq!((taken.jobs.len(), taken.held_until), (0, Some(next)));
    hand.clock.advance(Duration::from_millis(250));
    let taken = store.claim(Ask { rate, ..hand.ask(9) }).await.unwrap();
    assert_eq!(numbers(&taken.jobs), [4, 5]);
    hand.clock.advance(Duration::from_hours(1));
    assert_eq!(store.claim(Ask { rate, ..hand.ask(9) }).await.unwrap().jobs.len(), 4);
}

pub(super) async fn each_key_has_a_rate<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    let store = hand.bench.store();
    let key_rate = Some(Rate::new(1, Duration::from_secs(10)));
    for number in 0..4 {
        hand.enqueue(add(number).rated_by("a")).await;
    }
    hand.enqueue(add(10).rated_by("b")).await;
    hand.enqueue(add(20)).await;
    hand.enqueue(add(21)).await;
    let claim = async || {
        store.wake(hand.now()).await.unwrap();
        numbers(&store.claim(Ask { key_rate, ..hand.ask(20) }).await.unwrap().jobs)
    };
    assert_eq!(claim().await, [0, 10, 20, 21]);
    assert!(claim().await.is_empty());
    for number in 1..4 {
        hand.clock.advance(Duration::from_secs(9));
        assert!(claim().await.is_empty());
        hand.clock.advance(Duration::from_secs(1));
        assert_eq!(claim().await, [number]);
    }
}
