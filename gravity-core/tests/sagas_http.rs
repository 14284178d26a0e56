//! The read API of sagas: in process and through every host, on memory and on every database.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod read_api;

use gravity_core::jobs::{Failure, MemoryJobs, SqlJobs};
use gravity_core::page::{CursorKey, CursorKeys};
use gravity_core::sagas::http::{CountsView, SagaView, routes};
use gravity_core::sagas::{
    MemorySagas, Saga, SagaId, SagaStatus, SagaStep, SagaStore, Sagas, SqlSagas, Step, StepStatus, Steps,
};
use gravity_core::testing::db::each;
use gravity_core::{Page, TestClock};
use serde::{Deserialize, Serialize};

use read_api::{Reach, refusal};

const BOTH: &str = "sagas:*";
const READ: &str = "sagas:read";

#[derive(Serialize, Deserialize)]
struct Order {
    card: String,
    is_broken: bool,
}

impl Saga for Order {
    const NAME: &'static str = "order.place";
}

fn steps<S: SagaStore>() -> Steps<Order, S> {
    Steps::new()
        .then(Step::new("reserve", |order: Order, _| async { Ok(order) }).undone_by(
            |order: Order, _| async {
                if order.is_broken { Err(Failure::new("the shelf is gone").give_up()) } else { Ok(order) }
            },
        ))
        .then(Step::new("charge", |_: Order, _| async { Err(Failure::new("no money").give_up()) }))
}

#[tokio::test(flavor = "multi_thread")]
async fn memory() {
    on_all(async || MemorySagas::new(&MemoryJobs::new())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn databases() {
    each(async |db| {
        on_all(async || {
            let store = SqlSagas::new(&SqlJobs::new(&db).await.unwrap()).await.unwrap();
            for delete in ["DELETE FROM sagas", "DELETE FROM jobs"] {
                db.query(delete).execute().await.unwrap();
            }
            store
        })
        .await;
    })
    .await;
}

async fn on_all<S: SagaStore>(fresh: impl AsyncFn() -> S) {
    let clock = TestClock::at("2026-03-01T12:00:00Z".parse().unwrap());
    for kind in 0..4 {
        let sagas = Sagas::new(fresh().await, clock.clock()).with(steps()).unwrap().build();
        let mut ids = Vec::new();
        for is_broken in [false, true, false] {
            ids.push(sagas.start(&Order { card: "4111 1111 1111 1111".into(), is_broken }).await.unwrap());
        }
        // The first is undone, the second is stuck, the third has not begun.
        for id in &ids[..2] {
            for checkpoint in 1..4 {
                sagas.run(&SagaStep { saga: *id, checkpoint }).await.unwrap();
            }
        }
        let keys = CursorKeys::new(CursorKey::random());
        let reach = Reach::all(|| routes(&sagas, &keys)).nth(kind).unwrap();
        they_are_listed_counted_and_read(&reach, &ids).await;
        they_are_retried_and_cancelled(&reach, &ids).await;
        who_may_not_is_refused(&reach, ids[0]).await;
    }
}

async fn they_are_listed_counted_and_read(reach: &Reach, ids: &[SagaId]) {
    let client = reach.client(READ);
    let page: Page<SagaView> = client.get("/sagas").query(&[("limit", "2")]).send().await.unwrap();
    let listed = |page: &Page<SagaView>| page.items.iter().map(|saga| saga.id).collect::<Vec<_>>();
    assert_eq!(listed(&page), [ids[2], ids[1]]);
    let next = page.next.unwrap().to_string();
    let query = [("limit", "2"), ("cursor", next.as_str())];
    let page: Page<SagaView> = client.get("/sagas").query(&query).send().await.unwrap();
    assert_eq!((listed(&page), page.next), (vec![ids[0]], None));
    // A cursor of one list opens no other.
    let query = [("status", "stuck"), ("cursor", next.as_str())];
    let refused = client.get("/sagas").query(&query).send_empty().await;
    assert_eq!(refusal(refused), (400, "invalid_cursor".into()));
    let query = [("status", "stuck"), ("name", "order.place")];
    let page: Page<SagaView> = client.get("/sagas").query(&query).send().await.unwrap();
    assert_eq!(listed(&page), [ids[1]]);
    let query = [("name", "other")];
    let page: Page<SagaView> = client.get("/sagas").query(&query).send().await.unwrap();
    assert_eq!(listed(&page), []);
    let refused = client.get("/sagas").query(&[("status", "lost")]).send_empty().await;
    assert_eq!(refusal(refused), (400, "http.bad_parameter".into()));

    let counts: CountsView = client.get("/sagas/counts").send().await.unwrap();
    let counts: Vec<_> = counts.counts.iter().map(|count| (count.status, count.sagas)).collect();
    assert_eq!(counts, [(SagaStatus::Running, 1), (SagaStatus::Compensated, 1), (SagaStatus::Stuck, 1)]);

    let text = client.get("/sagas").segment(ids[1]).send_raw().await.unwrap();
    let text = text.into_body().into_bytes(1 << 20).await.unwrap();
    assert!(!String::from_utf8_lossy(&text).contains("4111"));
    let read: SagaView = serde_json::from_slice(&text).unwrap();
    assert_eq!((read.status, read.version), (SagaStatus::Stuck, 1));
    assert_eq!(read.error.as_deref(), Some("reserve cannot be undone: the shelf is gone"));
    assert_eq!(read.steps[1].status, StepStatus::Failed);
    assert_eq!(read.steps[1].error.as_deref(), Some("no money"));
    let other = ids[0].to_string().replace("saga_", "job_");
    for bad in ["1", "saga_", "\0", &other] {
        let refused = client.get("/sagas").segment(bad).send_empty().await;
        assert_eq!(refusal(refused), (400, "http.bad_parameter".into()), "{bad:?}");
    }
    let none = SagaId::from_uuid(uuid::Uuid::from_u128(7));
    let refused = client.get("/sagas").segment(none).send_empty().await;
    assert_eq!(refusal(refused), (404, "sagas.not_found".into()));
}

async fn they_are_retried_and_cancelled(reach: &Reach, ids: &[SagaId]) {
    let client = reach.client(BOTH);
    let act = async |id: SagaId, action: &str| {
        client.post("/sagas").segment(id).segment(action).send::<SagaView>().await
    };
    assert_eq!(act(ids[1], "retry").await.unwrap().status, SagaStatus::Compensating);
    assert!(act(ids[2], "cancel").await.unwrap().is_cancelling);
    for action in ["retry", "cancel"] {
        assert_eq!(refusal(act(ids[0], action).await), (409, "sagas.wrong_status".into()));
        let none = SagaId::from_uuid(uuid::Uuid::from_u128(7));
        assert_eq!(refusal(act(none, action).await), (404, "sagas.not_found".into()));
    }
}

async fn who_may_not_is_refused(reach: &Reach, id: SagaId) {
    for path in ["/sagas".to_owned(), "/sagas/counts".to_owned(), format!("/sagas/{id}")] {
        assert_eq!(refusal(reach.nobody().get(&path).send_empty().await).0, 401);
        let forbidden = reach.client("jobs:* sagas:write").get(&path).send_empty().await;
        assert_eq!(refusal(forbidden), (403, "http.forbidden".into()), "{path}");
    }
    for action in ["retry", "cancel"] {
        let path = format!("/sagas/{id}/{action}");
        assert_eq!(refusal(reach.nobody().post(&path).send_empty().await).0, 401);
        assert_eq!(refusal(reach.client(READ).post(&path).send_empty().await).0, 403, "{path}");
    }
}
