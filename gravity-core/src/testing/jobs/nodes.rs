//! Nodes at work, and what becomes of their work when they stop.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::bench::Bench;
use super::claims::{add, system};
use super::sample::Add;
use crate::Metrics;
use crate::jobs::{
    Ask, Error, Failure, JobDraft, JobId, JobNode, JobState, JobStore, Jobs, NodeConfig, Queue,
};
use crate::testing::wait::until;

const LEASE: Duration = Duration::from_millis(600);

type Running = JoinHandle<Result<(), Error>>;

fn config() -> NodeConfig {
    NodeConfig::new().with_lease(LEASE).with_poll(Duration::from_millis(100))
}

fn node<B: Bench>(bench: &B) -> JobNode<B::Store> {
    JobNode::new(bench.store(), system(), config()).with_queue(Queue::new("default"))
}

/// A node that writes the numbers of its jobs in their transactions.
fn writer<B: Bench>(bench: &B) -> JobNode<B::Store> {
    let bench = bench.clone();
    node(&bench).with_worker_in_tx::<Add>(move |job, _, tx| {
        let written = bench.write(tx, job.number);
        Box::pin(async move { Ok(written.await?) })
    })
}

fn jobs<B: Bench>(bench: &B) -> Jobs<B::Store> {
    Jobs::new(bench.store(), system())
}

fn start<S: JobStore>(node: JobNode<S>) -> Running {
    tokio::spawn(node.run_until(std::future::pending()).boxed())
}

fn start_until<S: JobStore>(node: JobNode<S>) -> (oneshot::Sender<()>, Running) {
    let (stop, stopped) = oneshot::channel::<()>();
    (stop, tokio::spawn(node.run_until(async { drop(stopped.await) }).boxed()))
}

async fn state<B: Bench>(bench: &B, id: JobId) -> Option<JobState> {
    jobs(bench).get(id).await.unwrap().map(|job| job.state)
}

async fn is_empty<B: Bench>(bench: &B) -> bool {
    jobs(bench).counts().await.unwrap().is_empty()
}

pub(super) async fn a_node_does_what_is_committed<B: Bench>(bench: B) {
    let metrics = Metrics::new();
    let queue = jobs(&bench).with_metrics(metrics.clone());
    queue.enqueue(add(1)).await.unwrap();
    let plain = Arc::new(Mutex::new(Vec::new()));
    let seen = plain.clone();
    let node = JobNode::new(bench.store(), system(), config().with_metrics(metrics.clone()))
        .with_queue(Queue::new("default").with_concurrency(3))
        .with_queue(Queue::new("mail").keeping_done())
        .with_worker(move |job: Add, context| {
            let seen = seen.clone();
            async move {
                context.progress(50, Some("half\0way")).await?;
                seen.lock().unwrap().push((job.number, context.attempt()));
                Ok(())
            }
        });
    let (stop, running) = start_until(node);
    bench.enqueue_in_vain(vec![queue.prepare(add(99)).unwrap()]).await;
    let kept = queue.enqueue(add(2).in_queue("mail")).await.unwrap().id;
    queue.enqueue(add(3).delayed(Duration::from_millis(30))).await.unwrap();
    for number in 4..40 {
        queue.enqueue(add(number)).await.unwrap();
    }
    until("all is done", async || plain.lock().unwrap().len() == 39).await;
    until("it is kept", async || state(&bench, kept).await == Some(JobState::Done)).await;
    drop(stop);
    running.await.unwrap().unwrap();
    let mut plain = plain.lock().unwrap().clone();
    plain.sort_unstable();
    assert_eq!(plain, (1..40).map(|number| (number, 1)).collect::<Vec<_>>());
    let view = queue.get(kept).await.unwrap().unwrap();
    assert_eq!(view.progress.unwrap().note.as_deref(), Some("halfway"));
    assert!(queue.counts().await.unwrap().iter().all(|count| count.queue == "mail"));
    let text = metrics.render();
    for line in [
        r#"jobs_enqueued_total{queue="default"} 38"#,
        r#"jobs_started_total{queue="default"} 38"#,
        r#"jobs_finished_total{queue="default",outcome="done"} 38"#,
        r#"jobs_finished_total{queue="mail",outcome="done"} 1"#,
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

pub(super) async fn workers_fail_panic_and_take_too_long<B: Bench>(bench: B) {
    let node = node(&bench).with_worker(|job: Add, context| async move {
        if !context.is_last_attempt() {
            return Err(Failure::new("at first").after(Duration::from_millis(1)));
        }
        match job.number {
            1 => panic!("no. {}", job.number),
            2 => std::future::pending().await,
            _ => Err(Failure::from(std::io::Error::other("disk"))),
        }
    });
    let running = start(node);
    let mut ids = Vec::new();
    for number in 1..=3 {
        let draft = add(number).with_max_attempts(2).with_timeout(Duration::from_millis(80));
        ids.push(jobs(&bench).enqueue(draft).await.unwrap().id);
    }
    for (id, error) in ids.iter().zip(["it panicked: no. 1", "it took longer than 80ms", "disk"]) {
        until("it is dead", async || state(&bench, *id).await == Some(JobState::Dead)).await;
        let view = jobs(&bench).get(*id).await.unwrap().unwrap();
        let errors: Vec<_> = view.errors.iter().map(|error| error.error.as_str()).collect();
        assert_eq!(errors, ["at first", error]);
    }
    running.abort();
}

pub(super) async fn a_running_job_is_cancelled<B: Bench>(bench: B) {
    let began = Arc::new(AtomicUsize::new(0));
    let count = began.clone();
    let node = node(&bench).with_worker(move |_: Add, context| {
        count.fetch_add(1, Ordering::SeqCst);
        async move {
            context.cancelled().await;
            Err(Failure::new("stopped half-way"))
        }
    });
    let running = start(node);
    let id = jobs(&bench).enqueue(add(1)).await.unwrap().id;
    until("it runs", async || began.load(Ordering::SeqCst) == 1).await;
    jobs(&bench).cancel(id).await.unwrap();
    until("it is cancelled", async || state(&bench, id).await == Some(JobState::Cancelled)).await;
    running.abort();
}

pub(super) async fn a_stopping_node_gives_work_back<B: Bench>(bench: B) {
    let began = Arc::new(AtomicUsize::new(0));
    let count = began.clone();
    let node = JobNode::new(bench.store(), system(), config().with_grace(Duration::from_secs(2)))
        .with_queue(Queue::new("default").with_concurrency(2))
        .with_worker(move |job: Add, context| {
            count.fetch_add(1, Ordering::SeqCst);
            async move {
                if job.number == 0 {
                    // Finishes within the grace.
                    context.stopping().await;
                    return Ok(());
                }
                std::future::pending().await
            }
        });
    for number in 0..30 {
        jobs(&bench).enqueue(add(number).with_max_attempts(1)).await.unwrap();
    }
    let (stop, running) = start_until(node);
    until("two run", async || began.load(Ordering::SeqCst) == 2).await;
    drop(stop);
    running.await.unwrap().unwrap();
    let counts = jobs(&bench).counts().await.unwrap();
    assert_eq!(counts.len(), 1, "{counts:?}");
    assert_eq!((counts[0].state, counts[0].jobs), (JobState::Ready, 29));
    let heir = start(writer(&bench));
    until("the rest is done", async || is_empty(&bench).await).await;
    heir.abort();
}

pub(super) async fn a_node_that_stops_leaves_nothing_behind<B: Bench>(bench: B) {
    for round in 0..24_i64 {
        for number in 0..20 {
            jobs(&bench).enqueue(add(round * 20 + number)).await.unwrap();
        }
        let stop = tokio::time::sleep(Duration::from_micros(1 << (round % 12)) * 10);
        writer(&bench).run_until(stop).await.unwrap();
        // At once, and nothing comes after.
        for _ in 0..2 {
            let counts = jobs(&bench).counts().await.unwrap();
            assert!(counts.iter().all(|count| count.state == JobState::Ready), "round {round}: {counts:?}");
            let nobody = Uuid::nil();
            bench.store().join(nobody).await.unwrap();
            let view = bench.store().beat(nobody, &[]).await.unwrap();
            assert_eq!((view.nodes.len(), view.silent.len()), (1, 0), "round {round}");
            bench.store().leave(nobody, system().now()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let running = start(writer(&bench));
    until("all is done", async || is_empty(&bench).await).await;
    running.abort();
    let mut effects = bench.effects().await;
    effects.sort_unstable();
    assert_eq!(effects, (0..480).collect::<Vec<_>>());
}

pub(super) async fn a_dead_node_is_replaced<B: Bench>(bench: B) {
    let began = Arc::new(AtomicUsize::new(0));
    let count = began.clone();
    let doomed = start(node(&bench).with_worker(move |_: Add, _| {
        count.fetch_add(1, Ordering::SeqCst);
        std::future::pending()
    }));
    for number in 0..12 {
        jobs(&bench).enqueue(add(number).keyed(number % 6)).await.unwrap();
    }
    until("some run", async || began.load(Ordering::SeqCst) >= 6).await;
    // As a crash: nothing is given back.
    doomed.abort();
    assert!(doomed.await.unwrap_err().is_cancelled());
    let heir = start(writer(&bench));
    until("all is done", async || is_empty(&bench).await).await;
    let mut effects = bench.effects().await;
    for (number, at) in effects.iter().zip(0..) {
        let first = effects.iter().position(|other| *other == number % 6).unwrap();
        assert!(first <= at, "{effects:?}");
    }
    effects.sort_unstable();
    assert_eq!(effects, (0..12).collect::<Vec<_>>());
    heir.abort();
}

pub(super) async fn a_buried_node_is_refused_and_begins_anew<B: Bench>(bench: B) {
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let (inner, pass) = (bench.clone(), gate.clone());
    let began = Arc::new(AtomicUsize::new(0));
    let count = began.clone();
    let node = node(&bench).with_worker_in_tx::<Add>(move |job, _, tx| {
        let (number, pass, attempt) = (job.number, pass.clone(), count.fetch_add(1, Ordering::SeqCst));
        let written = inner.write(tx, number);
        Box::pin(async move {
            if attempt == 0 {
                drop(pass.acquire().await);
            }
            Ok(written.await?)
        })
    });
    let running = start(node);
    jobs(&bench).enqueue(add(7)).await.unwrap();
    until("it runs", async || began.load(Ordering::SeqCst) == 1).await;
    // Where one transaction writes at a time, nobody can bury while it is open.
    let store = bench.store();
    let bury = tokio::spawn(async move {
        let me = Uuid::now_v7();
        store.join(me).await.unwrap();
        let view = store.beat(me, &[]).await.unwrap();
        for seen in view.nodes.iter().filter(|seen| seen.node != me) {
            let mut beat = seen.beat;
            while store.bury(seen.node, Some(beat), system().now()).await.unwrap() == 0 {
                let view = store.beat(me, &[]).await.unwrap();
                let Some(seen) = view.nodes.iter().find(|other| other.node == seen.node) else { break };
                beat = seen.beat;
            }
        }
        store.leave(me, system().now()).await.unwrap();
    });
    tokio::time::sleep(Duration::from_millis(30)).await;
    gate.add_permits(100);
    bury.await.unwrap();
    until("it is done", async || is_empty(&bench).await).await;
    assert_eq!(bench.effects().await, [7]);
    // Under another id it goes on.
    jobs(&bench).enqueue(add(8)).await.unwrap();
    until("the next is done", async || bench.effects().await == [7, 8]).await;
    running.abort();
}

pub(super) async fn two_nodes_do_each_job_once<B: Bench>(bench: B) {
    const JOBS: i64 = 400;
    let (stop, one) = start_until(writer(&bench));
    let two = start(writer(&bench));
    let queue = jobs(&bench);
    for number in 0..JOBS {
        let draft: JobDraft<Add> = if number % 3 == 0 { add(number).keyed(number % 5) } else { add(number) };
        queue.enqueue(draft).await.unwrap();
    }
    until("half is done", async || bench.effects().await.len() > 200).await;
    drop(stop);
    one.await.unwrap().unwrap();
    until("all is done", async || is_empty(&bench).await).await;
    let mut effects = bench.effects().await;
    for key in 0..5 {
        let of_key: Vec<_> =
            effects.iter().filter(|number| *number % 3 == 0 && *number % 5 == key).copied().collect();
        assert!(of_key.is_sorted(), "of key {key}: {of_key:?}");
    }
    effects.sort_unstable();
    assert_eq!(effects, (0..JOBS).collect::<Vec<_>>());
    let ask = Ask {
        node: Uuid::now_v7(),
        queue: "default",
        limit: 1,
        now: system().now(),
        rate: None,
        key_rate: None,
    };
    assert!(bench.store().claim(ask).await.unwrap().jobs.is_empty(), "a node that is not known gets none");
    two.abort();
}
