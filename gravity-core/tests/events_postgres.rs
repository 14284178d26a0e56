//! What only PostgreSQL can do to events: transactions that commit out of order, and ones that hang.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gravity_core::db::{Database, Engine, Tx};
use gravity_core::events::{
    Draft, EventNode, EventStore as _, NodeConfig, Outbox, SqlEvents, Start, Subscriber,
};
use gravity_core::testing::db::each;
use gravity_core::testing::events::{Bench as _, Deposited, Effect, SqlBench};
use gravity_core::{Clock, TestClock, Timestamp};
use tokio::sync::Semaphore;

async fn on_postgres(body: impl AsyncFn(Database)) {
    each(async |db| {
        if db.engine() == Engine::Postgres {
            body(db).await;
        }
    })
    .await;
}

fn deposit(key: &str, cents: i64) -> Draft<Deposited> {
    Draft::new(Deposited { cents }).about(key)
}

/// Reads on from a position, as a subscriber does, and gives what was found and the new position.
async fn read(db: &Database, store: &SqlEvents, from: i64) -> (Vec<i64>, i64) {
    let head = store.advance().await.unwrap();
    let query =
        db.query("SELECT body FROM events_log WHERE position > $1 AND position <= $2 ORDER BY position");
    let bodies: Vec<String> = query.bind(from).bind(head).fetch_all_scalars().await.unwrap();
    let cents = |body: &String| {
        serde_json::from_str::<serde_json::Value>(body).unwrap()["data"]["cents"].as_i64().unwrap()
    };
    (bodies.iter().map(cents).collect(), head)
}

#[tokio::test]
async fn a_lower_sequence_that_commits_later_is_not_lost() {
    on_postgres(async |db| {
        let store = SqlEvents::new(&db).await.unwrap();
        let outbox = Outbox::new(store.clone(), "/bank", Clock::system()).unwrap();
        let mut open = db.postgres().unwrap().begin().await.unwrap();
        outbox.publish(&mut Tx::join_postgres(&mut open).unwrap(), deposit("a", 1)).await.unwrap();
        let mut undone = db.postgres().unwrap().begin().await.unwrap();
        outbox.publish(&mut Tx::join_postgres(&mut undone).unwrap(), deposit("a", 2)).await.unwrap();
        outbox.send(deposit("b", 3)).await.unwrap();
        // The open ones hold nobody up.
        let (seen, at) = read(&db, &store, 0).await;
        assert_eq!(seen, [3]);
        undone.rollback().await.unwrap();
        open.commit().await.unwrap();
        outbox.send(deposit("a", 4)).await.unwrap();
        let (seen, at) = read(&db, &store, at).await;
        assert_eq!(seen, [1, 4]);
        assert_eq!(read(&db, &store, at).await, (vec![], at));
        let sequences: Vec<i64> =
            db.query("SELECT seq FROM events_log ORDER BY position").fetch_all_scalars().await.unwrap();
        assert_eq!(sequences, [3, 1, 4]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_goes_on_misses_none_of_many_that_commit_as_they_like() {
    on_postgres(async |db| {
        let store = SqlEvents::new(&db).await.unwrap();
        db.query("CREATE TABLE counter (id int PRIMARY KEY, value bigint NOT NULL)").execute().await.unwrap();
        db.query("INSERT INTO counter SELECT n, 0 FROM generate_series(0, 3) n").execute().await.unwrap();
        let committed = Arc::new(AtomicUsize::new(0));
        let writers: Vec<_> = (0..6_i64)
            .map(|writer| {
                let (db, store, committed) = (db.clone(), store.clone(), committed.clone());
                tokio::spawn(async move {
                    let outbox = Outbox::new(store, "/bank", Clock::system()).unwrap();
                    for round in 0..60_i64 {
                        let mut tx = db.postgres().unwrap().begin().await.unwrap();
                        let mut joined = Tx::join_postgres(&mut tx).unwrap();
                        // Takes its transaction's number, and its first sequence, long before it waits for the row
                        // whose order counts.
                        outbox.publish(&mut joined, deposit(&format!("noise{writer}"), -1)).await.unwrap();
                        if (writer + round) % 3 == 0 {
                            tokio::task::yield_now().await;
                        }
                        let key = i32::try_from((writer * 7 + round) % 4).unwrap();
                        let value: i64 = joined
                            .query("UPDATE counter SET value = value + 1 WHERE id = $1 RETURNING value")
                            .bind(key)
                            .fetch_scalar()
                            .await
                            .unwrap();
                        let cents = i64::from(key) * 1_000 + value;
                        outbox.publish(&mut joined, deposit(&format!("key{key}"), cents)).await.unwrap();
                        if (writer * 31 + round * 17) % 5 == 0 {
                            tx.rollback().await.unwrap();
                        } else {
                            tx.commit().await.unwrap();
                            committed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                })
            })
            .collect();
        // Two that read on while all that happens, as two nodes do.
        let reader = |done: Arc<AtomicUsize>| {
            let (db, store) = (db.clone(), store.clone());
            async move {
                let (mut all, mut at) = (Vec::new(), 0);
                loop {
                    let is_last = done.load(Ordering::Relaxed) == 1;
                    let (seen, head) = read(&db, &store, at).await;
                    all.extend(seen);
                    at = head;
                    if is_last {
                        return all;
                    }
                }
            }
        };
        let done = Arc::new(AtomicUsize::new(0));
        let readers = [tokio::spawn(reader(done.clone())), tokio::spawn(reader(done.clone()))];
        for writer in writers {
            writer.await.unwrap();
        }
        done.store(1, Ordering::Relaxed);
        for reader in readers {
            let all = reader.await.unwrap();
            assert_eq!(all.len(), committed.load(Ordering::Relaxed) * 2);
            for key in 0..4 {
                let of_key = all.iter().filter(|cents| **cents >= 0 && **cents / 1_000 == key);
                let values: Vec<i64> = of_key.map(|cents| cents % 1_000).collect();
                let count = i64::try_from(values.len()).unwrap();
                assert_eq!(values, (1..=count).collect::<Vec<_>>(), "the order of the row's changes");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_hangs_in_a_handler_is_replaced_and_its_commit_refused() {
    on_postgres(async |db| {
        let bench = SqlBench::new(&db).await;
        let store = bench.store();
        let outbox = Outbox::new(store.clone(), "/bank", Clock::system()).unwrap();
        let (entered, gate) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let subscriber = |hangs: bool| {
            let (bench, entered, gate) = (bench.clone(), entered.clone(), gate.clone());
            Subscriber::<SqlEvents>::new("s").starting(Start::Beginning).on::<Deposited>(move |event, tx| {
                let (bench, entered, gate) = (bench.clone(), entered.clone(), gate.clone());
                let number = if hangs { -event.data.cents } else { event.data.cents };
                Box::pin(async move {
                    bench.write(tx, Effect { key: "a".into(), number }).await?;
                    if hangs {
                        entered.add_permits(1);
                        gate.acquire().await?.forget();
                    }
                    Ok(())
                })
            })
        };
        let config = NodeConfig::new().with_lease(Duration::from_millis(400));
        // Its clock stands still: it gives no sign of life while it hangs.
        let frozen = TestClock::at(Timestamp::from_seconds(1_000_000_000).unwrap());
        let hanging = EventNode::new(store.clone(), frozen.clock(), config.clone());
        let hanging = hanging.with_subscriber(subscriber(true));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let hanging = tokio::spawn(hanging.run_until(async move {
            let _ = stopped.await;
        }));
        outbox.send(deposit("a", 7)).await.unwrap();
        entered.acquire().await.unwrap().forget();
        let heir = EventNode::new(store.clone(), Clock::system(), config).with_subscriber(subscriber(false));
        let heir = tokio::spawn(heir.run_until(std::future::pending()));
        let effects = async || bench.effects().await.iter().map(|effect| effect.number).collect::<Vec<_>>();
        while effects().await.is_empty() {
            tokio::task::yield_now().await;
        }
        gate.add_permits(1);
        stop.send(()).unwrap();
        hanging.await.unwrap().unwrap();
        assert_eq!(effects().await, [7]);
        assert_eq!(store.subscribers().await.unwrap()[0].pending, 0);
        heir.abort();
    })
    .await;
}
