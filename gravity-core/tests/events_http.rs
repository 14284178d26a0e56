//! The routes of events: in process and through every host, on memory and on every database.
#![cfg(all(feature = "sqlite", feature = "postgres", feature = "testing"))]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking, and says where")]

use futures_util::future::BoxFuture;
use gravity_core::events::{
    Draft, Event, EventNode, EventStore, EventView, Failure, MemoryEvents, NodeConfig, Outbox, PoisonedView,
    Replayed, SqlEvents, Start, Subscriber, SubscriberView, routes,
};
use gravity_core::http::client::{Client, ClientConfig, ClientError};
use gravity_core::http::{Authenticator, Problem, Routes};
use gravity_core::page::{CursorKey, CursorKeys};
use gravity_core::testing::db::each;
use gravity_core::testing::http::{Host, Kind};
use gravity_core::{Clock, Grants, Page, Principal, Subject};
use http::Method;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

#[derive(Serialize, Deserialize, schemars::JsonSchema)]
struct Registered {
    name: String,
    password: String,
}

impl Event for Registered {
    const NAME: &'static str = "user.registered";
}

/// Whoever names what they may do may do it.
struct Frank;

impl Authenticator for Frank {
    fn authenticate<'a>(
        &'a self,
        head: &'a http::request::Parts,
    ) -> BoxFuture<'a, Result<Option<Principal>, Problem>> {
        let grants = head.headers.get("x-may").map(|may| may.to_str().unwrap().parse::<Grants>().unwrap());
        let principal = grants.map(|may| Principal::new(Subject::from(1)).with_permissions(may));
        Box::pin(std::future::ready(Ok(principal)))
    }
}

fn refusal<T>(answer: Result<T, ClientError>) -> (u16, String) {
    let Err(ClientError::Problem(problem)) = answer else { panic!("no refusal: {:?}", answer.err()) };
    (problem.status().as_u16(), problem.code().unwrap_or_default().to_owned())
}

fn client(host: Option<&Host>, served: &Routes, may: Option<&str>) -> Client {
    let mut config = ClientConfig::new().with_retries(0);
    if let Some(may) = may {
        config = config.with_header(http::HeaderName::from_static("x-may"), may);
    }
    match host {
        None => config.in_process(served.clone()).unwrap(),
        Some(host) => config.connect(&host.url("")).unwrap(),
    }
}

/// Three events that no handler can handle.
async fn poison<S: EventStore>(store: &S) {
    let outbox = Outbox::new(store.clone(), "/test", Clock::system()).unwrap();
    for name in ["ada", "bob", "eve"] {
        let event = Registered { name: name.into(), password: "hunter2".into() };
        outbox.send(Draft::new(event).about(format!("user_{name}"))).await.unwrap();
    }
    let broken = Subscriber::new("mailer").starting(Start::Beginning).on::<Registered>(|_, _| {
        Box::pin(std::future::ready(Err(Failure::new("no mail today").permanent())))
    });
    let node = EventNode::new(store.clone(), Clock::system(), NodeConfig::new()).with_subscriber(broken);
    let (stop, stopped) = oneshot::channel::<()>();
    let node = tokio::spawn(node.run_until(async move {
        let _ = stopped.await;
    }));
    while store.subscribers().await.unwrap().first().is_none_or(|state| state.poisoned < 3) {
        tokio::task::yield_now().await;
    }
    drop(stop);
    node.await.unwrap().unwrap();
}

async fn scenario<S: EventStore>(store: S, kind: Option<Kind>) {
    eprintln!("{}", kind.map_or("in process".to_owned(), |kind| kind.to_string()));
    poison(&store).await;
    let served = routes(store, CursorKeys::new(CursorKey::random()), Clock::system()).authenticator(Frank);
    let host = kind.map(|kind| Host::start(kind, "", served.clone()));
    let with = |may| client(host.as_ref(), &served, may);
    let (reader, writer) = (with(Some("events:read")), with(Some("events:*")));

    // Who may not is refused, whether or not the thing is there.
    for path in ["/events", "/events/subscribers"] {
        assert_eq!(refusal(with(None).get(path).send_empty().await).0, 401);
        assert_eq!(refusal(with(Some("events:write")).get(path).send_empty().await).0, 403);
    }
    for (method, last) in
        [(Method::POST, "pause"), (Method::POST, "resume"), (Method::POST, "replay"), (Method::DELETE, "")]
    {
        let call = |client: &Client, name: &str| {
            let call = client.call(method.clone(), "/events/subscribers").segment(name);
            if last.is_empty() { call } else { call.segment(last) }
        };
        assert_eq!(refusal(call(&reader, "mailer").send_empty().await).0, 403);
        let unknown = refusal(call(&writer, "nobody").send_empty().await);
        assert_eq!(unknown, (404, "events.unknown_subscriber".to_owned()), "{method} {last}");
    }

    let all: Vec<SubscriberView> = reader.get("/events/subscribers").send().await.unwrap();
    assert_eq!((all.len(), all[0].poisoned, all[0].is_paused), (1, 3, false));
    let mailer = || reader.get("/events/subscribers").segment("mailer");
    writer.post("/events/subscribers").segment("mailer").segment("pause").send_empty().await.unwrap();
    assert!(mailer().send::<SubscriberView>().await.unwrap().is_paused);
    writer.post("/events/subscribers").segment("mailer").segment("resume").send_empty().await.unwrap();
    let state: SubscriberView = mailer().send().await.unwrap();
    assert!(!state.is_paused && state.lanes.len() == 16, "{state:?}");

    // Pages hold each event once, and their secrets are masked.
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let page: Page<PoisonedView> = mailer()
            .segment("poisoned")
            .query(&[("limit", "2")])
            .query(&[("cursor", cursor.as_ref())])
            .send()
            .await
            .unwrap();
        seen.extend(page.items);
        let Some(next) = page.next else { break };
        cursor = Some(next);
    }
    let names: Vec<_> = seen.iter().map(|event| event.event.as_ref().unwrap().data["name"].clone()).collect();
    assert_eq!(names, ["ada", "bob", "eve"]);
    assert!(!format!("{seen:?}").contains("hunter2"));
    let lent =
        reader.get("/events").query(&[("cursor", cursor.as_ref().unwrap().as_str())]).send_empty().await;
    assert_eq!(refusal(lent), (400, "invalid_cursor".into()));

    let one = |id: &dyn std::fmt::Display| ["mailer", "poisoned", &id.to_string()].map(str::to_owned);
    let at = |client: &Client, method, segments: &[String]| {
        segments
            .iter()
            .fold(client.call(method, "/events/subscribers"), |call, segment| call.segment(segment))
    };
    let first = one(&seen[0].id);
    let read: PoisonedView = at(&reader, Method::GET, &first).send().await.unwrap();
    assert_eq!((read.error.as_str(), read.attempts), ("no mail today", 1));
    assert_eq!(read, seen[0]);
    at(&writer, Method::DELETE, &first).send_empty().await.unwrap();
    for method in [Method::GET, Method::DELETE] {
        let gone = refusal(at(&writer, method, &first).send_empty().await);
        assert_eq!(gone, (404, "events.not_set_aside".to_owned()));
    }
    let again = [one(&seen[1].id).as_slice(), &["replay".to_owned()]].concat();
    at(&writer, Method::POST, &again).send_empty().await.unwrap();
    assert_eq!(refusal(at(&writer, Method::POST, &again).send_empty().await).0, 404);
    let rest: Replayed = at(&writer, Method::POST, &["mailer".into(), "replay".into()]).send().await.unwrap();
    assert_eq!(rest, Replayed { replayed: 1, is_more: false });
    let state: SubscriberView = mailer().send().await.unwrap();
    assert_eq!((state.poisoned, state.waiting), (0, 2));

    let find = async |query: &[(&str, &str)]| -> Vec<String> {
        let page: Page<EventView> = reader.get("/events").query(&query).send().await.unwrap();
        page.items.into_iter().map(|event| event.subject.unwrap()).collect()
    };
    assert_eq!(find(&[]).await, ["user_eve", "user_bob", "user_ada"]);
    assert_eq!(find(&[("subject", "user_bob")]).await, ["user_bob"]);
    assert_eq!(find(&[("name", "user.gone")]).await, Vec::<String>::new());
    assert_eq!(find(&[("until", "2001-01-01T00:00:00Z")]).await, Vec::<String>::new());
    assert_eq!(find(&[("from", "2001-01-01T00:00:00Z"), ("limit", "1")]).await, ["user_eve"]);
    assert_eq!(refusal(reader.get("/events").query(&[("from", "now")]).send_empty().await).0, 400);

    writer.delete("/events/subscribers").segment("mailer").send_empty().await.unwrap();
    assert_eq!(refusal(mailer().send_empty().await).0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_can_be_looked_after() {
    for kind in std::iter::once(None).chain(Kind::ALL.iter().copied().map(Some)) {
        scenario(MemoryEvents::new(), kind).await;
        each(async |db| scenario(SqlEvents::new(&db).await.unwrap(), kind).await).await;
    }
}
