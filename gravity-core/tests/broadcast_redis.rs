//! Broadcasts between nodes by Redis: a message is received, or lies in a gap.
#![cfg(all(feature = "redis", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gravity_core::ErrorKind;
use gravity_core::broadcast::{Broadcast, Received, Receiver, RedisBroadcast};
use gravity_core::redis::{Redis, cmd};
use gravity_core::testing::redis::{RedisServer, TestRedis};

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.unwrap()
}

async fn message(receiver: &mut Receiver) -> String {
    match soon(receiver.next()).await {
        Some(Received::Message(bytes)) => String::from_utf8(bytes.to_vec()).unwrap(),
        other => panic!("{other:?}"),
    }
}

async fn subscribers(redis: &Redis, topic: &str) -> u64 {
    let channel = redis.key(format!("broadcast:{topic}"));
    let (_, count): (String, u64) = redis.query(cmd("PUBSUB").arg("NUMSUB").arg(channel)).await.unwrap();
    count
}

#[tokio::test]
async fn every_node_hears_what_any_sends_once_and_in_order() {
    let Some(test) = TestRedis::create().await else { return };
    let here = RedisBroadcast::new(test.redis()).with_capacity(4_096);
    let there = RedisBroadcast::new(test.other_node()).with_capacity(4_096);
    let mut receivers = Vec::new();
    for node in [&here, &here, &there] {
        receivers.push(node.subscribe("комната").await.unwrap());
    }
    let mut other = here.subscribe("other").await.unwrap();
    for number in 0..500 {
        here.send("комната", number.to_string().into()).await.unwrap();
    }
    there.send("комната", "end".into()).await.unwrap();
    here.send("other", vec![0, 255].into()).await.unwrap();
    for receiver in &mut receivers {
        for number in 0..500 {
            assert_eq!(message(receiver).await, number.to_string());
        }
        assert_eq!(message(receiver).await, "end");
    }
    assert_eq!(soon(other.next()).await, Some(Received::Message(vec![0, 255].into())));
    test.remove().await;
}

#[tokio::test]
async fn a_node_subscribes_once_and_leaves_when_nobody_listens() {
    let Some(test) = TestRedis::create().await else { return };
    let node = RedisBroadcast::new(test.redis()).with_heartbeat(Duration::from_millis(10));
    let first = node.subscribe("room").await.unwrap();
    let second = node.clone().subscribe("room").await.unwrap();
    assert_eq!(subscribers(&test.redis(), "room").await, 1);
    drop(first);
    node.send("room", "still".into()).await.unwrap();
    assert_eq!(subscribers(&test.redis(), "room").await, 1);
    drop(second);
    soon(async { while subscribers(&test.redis(), "room").await > 0 {} }).await;
    let mut third = node.subscribe("room").await.unwrap();
    node.send("room", "again".into()).await.unwrap();
    assert_eq!(message(&mut third).await, "again");
    drop(node);
    assert_eq!(soon(third.next()).await, None);
    test.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cuts_and_stalls_lose_nothing_in_silence() {
    let Some(test) = TestRedis::create().await else { return };
    let (redis, proxy) = test.through_proxy().await;
    let listener = RedisBroadcast::new(redis).with_heartbeat(Duration::from_millis(50));
    let mut receiver = listener.subscribe("numbers").await.unwrap();
    let mut idle = listener.subscribe("idle").await.unwrap();
    let sender = RedisBroadcast::new(test.redis());
    let sent = Arc::new(AtomicU64::new(0));
    let sending = tokio::spawn({
        let sent = sent.clone();
        async move {
            loop {
                let number = sent.load(Ordering::SeqCst) + 1;
                sender.send("numbers", number.to_string().into()).await.unwrap();
                sent.store(number, Ordering::SeqCst);
            }
        }
    });
    let (mut last, mut gaps) = (0, 0);
    for disturbance in 0..12 {
        match disturbance % 3 {
            0 => proxy.cut(),
            1 => proxy.close(),
            _ => proxy.stall(),
        }
        let disturbed_at = sent.load(Ordering::SeqCst);
        soon(async {
            while sent.load(Ordering::SeqCst) < disturbed_at + 200 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        proxy.resume();
        // Until it has heard a number that was sent after all this.
        let target = sent.load(Ordering::SeqCst) + 1;
        let mut has_gap = false;
        while last < target {
            match soon(receiver.next()).await.unwrap() {
                Received::Gap => {
                    has_gap = true;
                    gaps += 1;
                }
                Received::Message(bytes) => {
                    let number: u64 = std::str::from_utf8(&bytes).unwrap().parse().unwrap();
                    assert!(number > last, "{number} after {last}");
                    assert!(has_gap || number == last + 1, "{number} after {last} without a gap");
                    last = number;
                    has_gap = false;
                }
            }
        }
    }
    assert!(gaps >= 8, "{gaps}");
    sending.abort();
    // Who heard no message hears of the gap all the same.
    assert_eq!(soon(idle.next()).await, Some(Received::Gap));
    test.remove().await;
}

#[tokio::test]
async fn sending_fails_while_the_server_is_down_and_receivers_outlive_its_restart() {
    let Some(mut server) = RedisServer::start().await else { return };
    let node = RedisBroadcast::new(Redis::new(server.config()).unwrap());
    let mut receiver = node.subscribe("room").await.unwrap();
    server.stop();
    let error = node.send("room", "lost".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(node.subscribe("other").await.unwrap_err().kind(), ErrorKind::Unavailable);
    server.restart().await;
    assert_eq!(soon(receiver.next()).await, Some(Received::Gap));
    node.send("room", "heard".into()).await.unwrap();
    assert_eq!(message(&mut receiver).await, "heard");
    assert!(node.subscribe("other").await.is_ok());
}
