//! [`SqlEvents`]: the store on SQLite and PostgreSQL.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Instant;

use async_trait::async_trait;
use tokio::sync::watch;
use uuid::Uuid;

use crate::Timestamp;
use crate::db::{self, Database, Migration, Migrations, Tx};
use crate::events::state::{LaneState, Poisoned, SubscriberState, View};
use crate::events::work::{Batch, Claim, Due, Settlement, Work};
use crate::events::{Deliver, Envelope, Error, EventId, EventStore, Found, Retention, Search, Start};

const MIGRATIONS: Migrations = Migrations::new(
    "events",
    &[Migration::new(
        1,
        "create events",
        include_str!("../../../migrations/events/sqlite/0001_create_events.sql"),
        include_str!("../../../migrations/events/postgres/0001_create_events.sql"),
    )],
);

/// Events in the application's own database, SQLite or PostgreSQL, in tables that begin with `events_`.
///
/// A clone is another handle to the same store. On SQLite the handles of one process hear of each other's
/// events at once, those of other processes when they next ask; on PostgreSQL all do, by `NOTIFY`.
#[derive(Clone)]
pub struct SqlEvents(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) db: Database,
    pub(super) hint: watch::Sender<()>,
    /// Whether something was recorded, and perhaps not yet committed, since the log was last looked at.
    pub(super) has_news: AtomicBool,
    pub(super) began: Instant,
    /// When the server was last told, in microseconds since `began`.
    pub(super) told_at: AtomicU64,
}

impl SqlEvents {
    /// The tables' schema, for who applies migrations by other means.
    pub const MIGRATIONS: Migrations = MIGRATIONS;

    /// The store in this database, whose tables it brings up to date.
    pub async fn new(db: &Database) -> Result<Self, db::Error> {
        MIGRATIONS.up(db).await?;
        Ok(Self::migrated(db))
    }

    /// The store in a database whose tables are up to date.
    pub fn migrated(db: &Database) -> Self {
        Self(Arc::new(Inner {
            db: db.clone(),
            hint: watch::Sender::new(()),
            has_news: AtomicBool::new(false),
            began: Instant::now(),
            told_at: AtomicU64::new(0),
        }))
    }

    /// The database it is in.
    pub fn database(&self) -> &Database {
        &self.0.db
    }

    pub(super) fn db(&self) -> &Database {
        &self.0.db
    }
}

#[async_trait]
impl EventStore for SqlEvents {
    type Tx<'c> = Tx<'c>;

    async fn append(&self, tx: &mut Tx<'_>, events: &[Envelope]) -> Result<(), Error> {
        self.insert(tx, events).await
    }

    async fn append_alone(&self, events: &[Envelope]) -> Result<(), Error> {
        self.db().transaction(async |tx| self.insert(tx, events).await).await
    }

    async fn advance(&self) -> Result<i64, Error> {
        self.head().await
    }

    async fn touched(&self, after: i64, to: i64) -> Result<Vec<(i16, i64)>, Error> {
        self.last_of_lanes(after, to).await
    }

    fn hints(&self) -> watch::Receiver<()> {
        self.0.hint.subscribe()
    }

    async fn listen(&self) {
        self.listen_to_server().await;
    }

    async fn register(&self, subscriber: &str, start: Start) -> Result<(), Error> {
        self.add_subscriber(subscriber, start).await
    }

    async fn forget(&self, subscriber: &str) -> Result<bool, Error> {
        self.remove_subscriber(subscriber).await
    }

    async fn set_paused(&self, subscriber: &str, is_paused: bool) -> Result<(), Error> {
        self.pause(subscriber, is_paused).await
    }

    async fn subscribers(&self) -> Result<Vec<SubscriberState>, Error> {
        self.states().await
    }

    async fn beat(&self, node: Uuid, subscribers: &[&str]) -> Result<View, Error> {
        self.count_beat(node, subscribers).await
    }

    async fn take(&self, node: Uuid, seen: &LaneState) -> Result<Option<Claim>, Error> {
        self.take_lane(node, seen).await
    }

    async fn give_back(&self, claim: &Claim) -> Result<(), Error> {
        self.give_back_lane(claim).await
    }

    async fn leave(&self, node: Uuid) -> Result<(), Error> {
        self.remove_node(node).await
    }

    async fn fetch(
        &self,
        claim: &Claim,
        names: Option<&[&'static str]>,
        after: i64,
        to: i64,
        limit: usize,
    ) -> Result<Vec<Work>, Error> {
        self.read(claim, names, after, to, limit).await
    }

    async fn due(&self, claim: &Claim, now: Timestamp, limit: usize) -> Result<Due, Error> {
        self.read_due(claim, now, limit).await
    }

    async fn skip(&self, claim: &Claim, to: i64) -> Result<(), Error> {
        self.move_on(claim, to).await
    }

    async fn deliver(&self, batch: Batch<'_>, to: &dyn Deliver<Self>) -> Result<Settlement, Error> {
        self.handle(batch, to).await
    }

    async fn poisoned(
        &self,
        subscriber: &str,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<Poisoned>, Error> {
        self.list_poisoned(subscriber, after, limit).await
    }

    async fn inspect(&self, subscriber: &str, id: EventId) -> Result<Option<Poisoned>, Error> {
        self.read_poisoned(subscriber, id).await
    }

    async fn search(&self, search: &Search, limit: usize) -> Result<Vec<Found>, Error> {
        self.look_for(search, limit).await
    }

    async fn replay(&self, subscriber: &str, id: EventId, now: Timestamp) -> Result<bool, Error> {
        self.try_again(subscriber, id, now).await
    }

    async fn discard(&self, subscriber: &str, id: EventId) -> Result<bool, Error> {
        self.drop_poisoned(subscriber, id).await
    }

    async fn retain(&self, retention: Retention, now: Timestamp) -> Result<u64, Error> {
        self.delete_old(retention, now).await
    }
}

impl fmt::Debug for SqlEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlEvents").field("db", &self.0.db).finish()
    }
}
