//! Messages to whoever listens.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use gravity_core::broadcast::{Broadcast, LocalBroadcast, Received, Topic, TopicReceived};

#[tokio::test]
async fn every_receiver_hears_every_message_of_its_topic_in_order() {
    let broadcast = LocalBroadcast::new(64);
    broadcast.send("a", "nobody hears".into()).await.unwrap();
    let mut receivers =
        vec![broadcast.subscribe("a").await.unwrap(), broadcast.subscribe("a").await.unwrap()];
    let mut other = broadcast.subscribe("b").await.unwrap();
    for number in 0..10 {
        broadcast.clone().send("a", number.to_string().into()).await.unwrap();
    }
    broadcast.send("b", "b".into()).await.unwrap();
    for receiver in &mut receivers {
        for number in 0..10 {
            assert_eq!(receiver.next().await, Some(Received::Message(number.to_string().into())));
        }
    }
    assert_eq!(other.next().await, Some(Received::Message("b".into())));
}

#[tokio::test]
async fn a_slow_receiver_hears_of_one_gap_and_holds_up_nobody() {
    let broadcast = LocalBroadcast::new(4);
    let mut slow = broadcast.subscribe("a").await.unwrap();
    let mut fast = broadcast.subscribe("a").await.unwrap();
    for number in 0..100_u8 {
        broadcast.send("a", vec![number].into()).await.unwrap();
        assert_eq!(fast.next().await, Some(Received::Message(vec![number].into())));
    }
    assert_eq!(slow.next().await, Some(Received::Gap));
    for number in 96..100_u8 {
        assert_eq!(slow.next().await, Some(Received::Message(vec![number].into())));
    }
    broadcast.report_gap();
    assert_eq!(slow.next().await, Some(Received::Gap));
    drop(broadcast);
    assert_eq!(slow.next().await, None);
}

#[tokio::test]
async fn topics_that_nobody_hears_any_more_are_forgotten() {
    let broadcast = LocalBroadcast::default();
    for number in 0..1_000 {
        drop(broadcast.subscribe(&format!("topic {number}")).await.unwrap());
    }
    assert!(broadcast.len() <= 2, "{}", broadcast.len());
    broadcast.send("topic 999", "x".into()).await.unwrap();
}

#[tokio::test]
async fn what_a_topic_cannot_read_it_says() {
    let broadcast = Arc::new(LocalBroadcast::default());
    let topic = Topic::<Vec<u8>>::new(broadcast.clone(), "n");
    let mut receiver = topic.subscribe().await.unwrap();
    broadcast.send("n", "\"no list\"".into()).await.unwrap();
    topic.clone().send(&vec![1, 2]).await.unwrap();
    assert_eq!(receiver.next().await, Some(TopicReceived::Unreadable));
    assert_eq!(receiver.next().await, Some(TopicReceived::Message(vec![1, 2])));
}
