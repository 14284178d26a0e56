//! Another bank, with a database of its own, that hears of payments by a stream of Redis.

use std::sync::Arc;
use std::time::Duration;

use gravity_core::Clock;
use gravity_core::db::Database;
use gravity_core::events::{
    EventNode, Intake, NodeConfig, RedisInlet, RedisOutlet, Retry, SqlEvents, Start, Subscriber,
};
use gravity_core::redis::{Redis, RedisConfig};
use gravity_core::testing::faults::Note;

use super::publish::Paid;
use super::subscribe::{Desk, subscriber};

/// Who sends, and who hears on the other side.
pub(super) const BRIDGE: &str = "bridge";
pub(super) const CORRESPONDENT: &str = "correspondent";

const STREAM: &str = "bank";

/// The server, with short times.
pub(super) fn redis(url: &str, prefix: &str) -> Result<Redis, gravity_core::redis::Error> {
    let config = RedisConfig::new(url).with_prefix(prefix);
    Redis::new(
        config.with_connect_timeout(Duration::from_millis(300)).with_timeout(Duration::from_millis(500)),
    )
}

/// Hands all events of this bank over.
pub(super) fn bridge(redis: &Redis) -> Subscriber<SqlEvents> {
    let retry = Retry::new().with_attempts(u32::MAX);
    let retry = retry.with_waits(Duration::from_millis(5), Duration::from_millis(60));
    Subscriber::bridging(BRIDGE, super::work::SOURCE, RedisOutlet::new(redis.clone(), STREAM))
        .starting(Start::Beginning)
        .retrying(retry)
}

/// Takes them in, and handles them, until the worker is to leave.
pub(super) async fn serve(desk: &Desk, redis: &Redis, far: &Database, lease: Duration) {
    let store = SqlEvents::migrated(far);
    let inlet = RedisInlet::new(redis.clone(), STREAM, "far").with_lease(lease);
    let intake = Intake::new(store.clone(), inlet).with_batch(50).with_poll(Duration::from_millis(30));
    let worker = &desk.worker;
    let handle = async {
        let config = || NodeConfig::new().with_lease(lease).with_poll(Duration::from_millis(100));
        let node =
            || EventNode::new(store.clone(), Clock::system(), config()).with_subscriber(correspondent(desk));
        while let Err(error) = node().run_until(worker.until_leave()).await {
            worker.ledger().note(Note::Said { what: format!("a far node could not start: {error}") });
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::join!(intake.run_until(worker.until_leave()), handle);
}

fn correspondent(desk: &Desk) -> Subscriber<SqlEvents> {
    let desk = Arc::new(desk.clone());
    subscriber(CORRESPONDENT).on::<Paid>(move |event, tx| {
        let desk = desk.clone();
        Box::pin(async move { Ok(desk.effect(tx, CORRESPONDENT, &event.data.fact).await?) })
    })
}
