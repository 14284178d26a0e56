//! The read API of schedules: in process and through every host, on memory and on every database.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod read_api;

use gravity_core::jobs::{MemoryJobs, SqlJobs};
use gravity_core::page::{CursorKey, CursorKeys};
use gravity_core::schedules::http::{Preview, RunView, ScheduleView, routes};
use gravity_core::schedules::{
    MemorySchedules, Recurrence, Schedule, ScheduleStore, Schedules, SqlSchedules, Undefined,
};
use gravity_core::testing::db::each;
use gravity_core::{Page, TestClock, Timestamp};
use serde::{Deserialize, Serialize};

use read_api::{Reach, refusal};

const BOTH: &str = "schedules:*";
const READ: &str = "schedules:read";

#[derive(Serialize, Deserialize)]
struct Sync {
    url: String,
    password: String,
}

impl gravity_core::jobs::Job for Sync {
    const KIND: &'static str = "sync";
}

fn schedule(name: &str, when: Recurrence) -> Schedule {
    let job = Sync { url: "https://example.org".into(), password: "hunter2".into() };
    Schedule::new(name, when, job).unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn memory() {
    on_all(async || MemorySchedules::new(&MemoryJobs::new())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn databases() {
    each(async |db| {
        on_all(async || {
            let store = SqlSchedules::new(&SqlJobs::new(&db).await.unwrap()).await.unwrap();
            for delete in ["DELETE FROM schedules", "DELETE FROM jobs", "DELETE FROM jobs_uniques"] {
                db.query(delete).execute().await.unwrap();
            }
            store
        })
        .await;
    })
    .await;
}

async fn on_all<S: ScheduleStore>(fresh: impl AsyncFn() -> S) {
    let clock = TestClock::at(time("2026-03-01T12:00:00Z"));
    for kind in 0..4 {
        let schedules = Schedules::new(fresh().await, clock.clock());
        let berlin = Recurrence::cron("0 9 * * MON-FRI", "Europe/Berlin").unwrap();
        let defined = vec![schedule("b.daily", berlin), schedule("c", Recurrence::every("90s").unwrap())];
        schedules.define("shop", defined, Undefined::Vanishes).await.unwrap();
        schedules.add(schedule("a", Recurrence::once(time("2026-03-02T00:00:00Z")))).await.unwrap();
        let keys = CursorKeys::new(CursorKey::random());
        let reach = Reach::all(|| routes(&schedules, &keys)).nth(kind).unwrap();
        they_are_listed_and_read(&reach).await;
        they_are_paused_resumed_and_run(&reach).await;
        who_may_not_is_refused(&reach).await;
    }
}

async fn they_are_listed_and_read(reach: &Reach) {
    let client = reach.client(READ);
    let page: Page<ScheduleView> = client.get("/schedules").query(&[("limit", "2")]).send().await.unwrap();
    let names = |page: &Page<ScheduleView>| {
        page.items.iter().map(|schedule| schedule.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&page), ["a", "b.daily"]);
    let next = page.next.unwrap().to_string();
    let query = [("limit", "2"), ("cursor", next.as_str())];
    let page: Page<ScheduleView> = client.get("/schedules").query(&query).send().await.unwrap();
    assert_eq!((names(&page), page.next), (vec!["c".to_owned()], None));
    let forged = client.get("/schedules").query(&[("cursor", "AAAA")]).send_empty().await;
    assert_eq!(refusal(forged), (400, "invalid_cursor".into()));

    let read: ScheduleView = client.get("/schedules").segment("b.daily").send().await.unwrap();
    assert_eq!((read.defined_by.as_deref(), read.next), (Some("shop"), Some(time("2026-03-02T08:00:00Z"))));
    assert_eq!(read.recurrence, Recurrence::cron("0 9 * * 1-5", "Europe/Berlin").unwrap());
    assert_eq!(read.job.payload["url"], "https://example.org");
    assert_ne!(read.job.payload["password"], "hunter2");
    let query = [("count", "3")];
    let preview: Preview =
        client.get("/schedules").segment("b.daily").segment("ticks").query(&query).send().await.unwrap();
    let days = ["02", "03", "04"].map(|day| time(&format!("2026-03-{day}T08:00:00Z")));
    assert_eq!(preview.ticks, days);
    for name in ["none", "A%20b", "é", "\0"] {
        let refused = client.get("/schedules").segment(name).send_empty().await;
        assert!(matches!(refusal(refused).0, 400 | 404), "{name:?}");
    }
    let none = client.get("/schedules").segment("none").send_empty().await;
    assert_eq!(refusal(none), (404, "schedules.not_found".into()));
    for count in ["0", "101", "x"] {
        let refused = client.get("/schedules/a/ticks").query(&[("count", count)]).send_empty().await;
        assert_eq!(refusal(refused), (400, "http.bad_parameter".into()), "{count}");
    }
}

async fn they_are_paused_resumed_and_run(reach: &Reach) {
    let client = reach.client(BOTH);
    let paused: ScheduleView = client.post("/schedules/c/pause").send().await.unwrap();
    assert_eq!((paused.is_paused, paused.next), (true, None));
    let run: RunView = client.post("/schedules/c/run").send().await.unwrap();
    assert!(run.is_new && run.job.starts_with("job_"));
    let again: RunView = client.post("/schedules/c/run").send().await.unwrap();
    assert_eq!(again, RunView { is_new: false, ..run });
    let resumed: ScheduleView = client.post("/schedules/c/resume").send().await.unwrap();
    assert_eq!((resumed.is_paused, resumed.next), (false, Some(time("2026-03-01T12:01:30Z"))));
    for action in ["pause", "resume", "run"] {
        let none = client.post(&format!("/schedules/none/{action}")).send_empty().await;
        assert_eq!(refusal(none), (404, "schedules.not_found".into()), "{action}");
    }
}

async fn who_may_not_is_refused(reach: &Reach) {
    for path in ["/schedules", "/schedules/a", "/schedules/a/ticks"] {
        assert_eq!(refusal(reach.nobody().get(path).send_empty().await).0, 401);
        let forbidden = reach.client("jobs:* schedules:write").get(path).send_empty().await;
        assert_eq!(refusal(forbidden), (403, "http.forbidden".into()), "{path}");
    }
    for action in ["pause", "resume", "run"] {
        let path = format!("/schedules/none/{action}");
        assert_eq!(refusal(reach.nobody().post(&path).send_empty().await).0, 401);
        assert_eq!(refusal(reach.client(READ).post(&path).send_empty().await).0, 403, "{path}");
    }
}
