//! A database that goes away while nodes take, do and write, and comes back.
#![cfg(all(feature = "postgres", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use gravity_core::Clock;
use gravity_core::db::{Database, DatabaseConfig};
use gravity_core::jobs::{JobNode, Jobs, NodeConfig, Queue, SqlJobs};
use gravity_core::testing::db::{Backend, TestDatabase};
use gravity_core::testing::jobs::Add;
use gravity_core::testing::proxy::Proxy;

const JOBS: i64 = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_effect_is_there_once_however_often_the_line_is_cut() {
    let Some(test) = TestDatabase::create(Backend::Postgres, &DatabaseConfig::default()).await else {
        return;
    };
    let db = test.database();
    let jobs = Jobs::new(SqlJobs::new(&db).await.unwrap(), Clock::system());
    db.query("CREATE TABLE effects (number BIGINT NOT NULL)").execute().await.unwrap();
    let (line, url) = through_proxy(test.url()).await;
    let cut_off = Database::connect(&url).await.unwrap();
    let config =
        NodeConfig::new().with_lease(Duration::from_millis(800)).with_poll(Duration::from_millis(50));
    let node = JobNode::new(SqlJobs::migrated(&cut_off), Clock::system(), config)
        .with_queue(Queue::new("default").with_concurrency(4))
        .with_worker_in_tx::<Add>(|job, _, tx| {
            Box::pin(async move {
                tx.query("INSERT INTO effects (number) VALUES ($1)").bind(job.number).execute().await?;
                Ok(())
            })
        });
    let running = tokio::spawn(node.run_until(std::future::pending()));
    let began = Instant::now();
    for number in 0..JOBS {
        let job = gravity_core::jobs::JobDraft::new(Add { number }).with_max_attempts(1_000);
        jobs.enqueue(if number % 2 == 0 { job.keyed(number % 10) } else { job }).await.unwrap();
        if number % 40 == 39 {
            line.cut();
        }
    }
    while !jobs.counts().await.unwrap().is_empty() {
        assert!(began.elapsed() < Duration::from_mins(2), "{:?}", jobs.counts().await);
        // Those whose attempt was cut off wait for their next one.
        for count in jobs.counts().await.unwrap() {
            let waiting =
                gravity_core::jobs::JobFilter::new().in_state(gravity_core::jobs::JobState::Scheduled);
            assert_eq!(count.queue, "default");
            for job in jobs.list(&waiting, None, 1_000).await.unwrap() {
                let _ = jobs.retry(job.id).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    running.abort();
    let effects: Vec<i64> =
        db.query("SELECT number FROM effects ORDER BY number").fetch_all_scalars().await.unwrap();
    assert_eq!(effects, (0..JOBS).collect::<Vec<_>>());
    let _ = running.await;
    cut_off.close().await;
    test.remove().await;
}

/// A line to the server of this URL, and the URL of its other end.
async fn through_proxy(url: &str) -> (Proxy, String) {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (place, path) = rest.split_once('/').unwrap();
    let (user, host) = place.rsplit_once('@').map_or(("", place), |(user, host)| (user, host));
    let server: SocketAddr = tokio::net::lookup_host(host).await.unwrap().next().unwrap();
    let line = Proxy::start(server).await;
    let at = if user.is_empty() { "" } else { "@" };
    let url = format!("{scheme}://{user}{at}{}/{path}", line.address());
    (line, url)
}
