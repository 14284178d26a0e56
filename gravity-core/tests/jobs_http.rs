//! The read API of jobs: in process and through every host, on memory and on every database.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod read_api;

use std::time::Duration;

use gravity_core::http::client::Client;
use gravity_core::jobs::http::{CountView, JobDetail, JobSummary, Replayed, routes};
use gravity_core::jobs::{
    Ask, Failure, Job, JobDraft, JobId, JobState, JobStore, Jobs, MemoryJobs, Outcome, Settled, SqlJobs,
};
use gravity_core::page::{CursorKey, CursorKeys};
use gravity_core::testing::db::each;
use gravity_core::{Page, TestClock, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use read_api::{Reach, refusal};

const BOTH: &str = "jobs:*";
const READ: &str = "jobs:read";

#[derive(Serialize, Deserialize)]
struct Sync {
    url: String,
    password: String,
}

impl Job for Sync {
    const KIND: &'static str = "sync";
    const MAX_ATTEMPTS: u32 = 1;
}

fn sync() -> JobDraft<Sync> {
    JobDraft::new(Sync { url: "https://example.org".into(), password: "hunter2".into() })
}

#[tokio::test(flavor = "multi_thread")]
async fn memory() {
    on_all(async || MemoryJobs::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn databases() {
    each(async |db| {
        on_all(async || {
            let store = SqlJobs::new(&db).await.unwrap();
            for delete in ["DELETE FROM jobs", "DELETE FROM jobs_uniques", "DELETE FROM jobs_nodes"] {
                db.query(delete).execute().await.unwrap();
            }
            store
        })
        .await;
    })
    .await;
}

/// A dead job, two ready ones and one that is scheduled, the newest first.
struct Stock {
    ids: [JobId; 4],
}

async fn stock<S: JobStore>(jobs: &Jobs<S>, clock: &TestClock) -> Stock {
    let store = jobs.store();
    let dead = jobs.enqueue(sync()).await.unwrap().id;
    let node = Uuid::now_v7();
    store.join(node).await.unwrap();
    let now = clock.now();
    let ask = Ask { node, queue: "default", limit: 1, now, rate: None, key_rate: None };
    let job = store.claim(ask).await.unwrap().jobs.remove(0);
    let failure = Failure::new("the host is down").give_up();
    let outcome = Outcome::of_failure(&job, &failure, now, |_| Duration::ZERO);
    store.settle(&[Settled { job, outcome }], now).await.unwrap();
    clock.advance(Duration::from_secs(1));
    let one = jobs.enqueue(sync().keyed("k").with_priority(3)).await.unwrap().id;
    let mail = jobs.enqueue(sync().in_queue("mail")).await.unwrap().id;
    let late = jobs.enqueue(sync().delayed(Duration::from_mins(1))).await.unwrap().id;
    Stock { ids: [late, mail, one, dead] }
}

async fn on_all<S: JobStore>(fresh: impl AsyncFn() -> S) {
    for kind in 0..4 {
        let clock = TestClock::at("2026-03-01T12:00:00Z".parse::<Timestamp>().unwrap());
        let jobs = Jobs::new(fresh().await, clock.clock());
        let stock = stock(&jobs, &clock).await;
        let keys = CursorKeys::new(CursorKey::random());
        let reach = Reach::all(|| routes(&jobs, &keys)).nth(kind).unwrap();
        they_are_listed_and_counted(&reach, &stock).await;
        they_are_read(&reach, &stock).await;
        they_are_retried_cancelled_and_replayed(&reach, &stock).await;
        who_may_not_is_refused(&reach, &stock).await;
    }
}

async fn they_are_listed_and_counted(reach: &Reach, stock: &Stock) {
    let client = reach.client(READ);
    let ids = |page: &Page<JobSummary>| page.items.iter().map(|job| job.id).collect::<Vec<_>>();
    let page: Page<JobSummary> = client.get("/jobs").query(&[("limit", "3")]).send().await.unwrap();
    assert_eq!(ids(&page), stock.ids[..3]);
    let next = page.next.unwrap().to_string();
    let query = [("limit", "3"), ("cursor", next.as_str())];
    let page: Page<JobSummary> = client.get("/jobs").query(&query).send().await.unwrap();
    assert_eq!((ids(&page), page.next), (vec![stock.ids[3]], None));
    assert_eq!(page.items[0].error.as_deref(), Some("the host is down"));
    // A cursor belongs to the list that it was made for.
    let query = [("state", "dead"), ("cursor", next.as_str())];
    let forged = client.get("/jobs").query(&query).send_empty().await;
    assert_eq!(refusal(forged), (400, "invalid_cursor".into()));
    for (query, expected) in [
        ([("state", "dead"), ("kind", "sync")], vec![stock.ids[3]]),
        ([("state", "ready"), ("queue", "mail")], vec![stock.ids[1]]),
        ([("state", "scheduled"), ("queue", "default")], vec![stock.ids[0]]),
        ([("kind", "none"), ("queue", "mail")], vec![]),
    ] {
        let page: Page<JobSummary> = client.get("/jobs").query(&query).send().await.unwrap();
        assert_eq!(ids(&page), expected, "{query:?}");
    }
    for bad in [("state", "asleep"), ("limit", "0"), ("cursor", "a b"), ("queue", "")] {
        let refused = client.get("/jobs").query(&[bad]).send_empty().await;
        assert_eq!(refusal(refused), (400, "http.bad_parameter".into()), "{bad:?}");
    }
    let counts: Vec<CountView> = client.get("/jobs/counts").send().await.unwrap();
    let count = |queue: &str, state, jobs| CountView { queue: queue.into(), state, jobs };
    assert_eq!(
        counts,
        [
            count("default", JobState::Scheduled, 1),
            count("default", JobState::Ready, 1),
            count("default", JobState::Dead, 1),
            count("mail", JobState::Ready, 1),
        ]
    );
}

async fn they_are_read(reach: &Reach, stock: &Stock) {
    let client = reach.client(READ);
    let job: JobDetail = client.get("/jobs").segment(stock.ids[3]).send().await.unwrap();
    assert_eq!((job.summary.state, job.summary.failures, job.errors.len()), (JobState::Dead, 1, 1));
    assert_eq!(job.payload["url"], "https://example.org");
    assert_ne!(job.payload["password"], "hunter2");
    let unknown = JobId::from_uuid(Uuid::now_v7());
    let none = client.get("/jobs").segment(unknown).send_empty().await;
    assert_eq!(refusal(none), (404, "jobs.unknown_job".into()));
    for bad in ["1", "note_01h455vb4pex5vsknk084sn02q", "é"] {
        let refused = client.get("/jobs").segment(bad).send_empty().await;
        assert!(matches!(refusal(refused).0, 400 | 404), "{bad}");
    }
}

async fn they_are_retried_cancelled_and_replayed(reach: &Reach, stock: &Stock) {
    let client = reach.client(BOTH);
    let act =
        async |id: JobId, action: &str| client.post("/jobs").segment(id).segment(action).send_empty().await;
    let read = async |id: JobId| -> JobDetail { client.get("/jobs").segment(id).send().await.unwrap() };
    let [late, mail, one, dead] = stock.ids;
    act(late, "retry").await.unwrap();
    assert_eq!(read(late).await.summary.state, JobState::Ready);
    assert_eq!(refusal(act(late, "retry").await), (409, "jobs.wrong_state".into()));
    act(mail, "cancel").await.unwrap();
    assert_eq!(read(mail).await.summary.state, JobState::Cancelled);
    assert_eq!(refusal(act(mail, "cancel").await), (409, "jobs.wrong_state".into()));
    act(mail, "retry").await.unwrap();
    act(one, "cancel").await.unwrap();
    let unknown = JobId::from_uuid(Uuid::now_v7());
    for action in ["retry", "cancel"] {
        assert_eq!(refusal(act(unknown, action).await), (404, "jobs.unknown_job".into()));
    }
    let replayed: Replayed = client.post("/jobs/queues/default/replay").send().await.unwrap();
    assert_eq!(replayed.replayed, 1);
    assert_eq!((read(dead).await.summary.state, read(dead).await.summary.failures), (JobState::Ready, 0));
    let replayed: Replayed = client.post("/jobs/queues/default/replay").send().await.unwrap();
    assert_eq!(replayed.replayed, 0);
}

async fn who_may_not_is_refused(reach: &Reach, stock: &Stock) {
    let one = stock.ids[0];
    let calls = |client: Client| {
        let reads = [client.get("/jobs"), client.get("/jobs/counts"), client.get("/jobs").segment(one)];
        let acts = [
            client.post("/jobs").segment(one).segment("retry"),
            client.post("/jobs").segment(one).segment("cancel"),
            client.post("/jobs/queues/default/replay"),
        ];
        (reads, acts)
    };
    let (reads, acts) = calls(reach.nobody());
    for call in reads.into_iter().chain(acts) {
        assert_eq!(refusal(call.send_empty().await).0, 401);
    }
    for call in calls(reach.client("notes:* jobs:write")).0 {
        assert_eq!(refusal(call.send_empty().await), (403, "http.forbidden".into()));
    }
    for call in calls(reach.client(READ)).1 {
        assert_eq!(refusal(call.send_empty().await), (403, "http.forbidden".into()));
    }
}
