//! The bank's tables.

use anyhow::Result;
use gravity_core::Timestamp;
use gravity_core::db::{Database, Migration, Migrations};
use gravity_core::events::{EventStore as _, SqlEvents, Start};
use gravity_core::jobs::SqlJobs;
use gravity_core::lock;
use gravity_core::schedules::SqlSchedules;

use super::bells;
use super::far::{BRIDGE, CORRESPONDENT};
use super::subscribe::SUBSCRIBERS;

/// How many accounts there are. Few, so that order matters.
pub(super) const ACCOUNTS: usize = 6;

const MIGRATIONS: Migrations = Migrations::new(
    "bank",
    &[Migration::new(
        1,
        "create bank",
        "CREATE TABLE bank_accounts (topic TEXT NOT NULL, account TEXT NOT NULL, number INTEGER NOT NULL, \
         PRIMARY KEY (topic, account)) STRICT;
         CREATE TABLE bank_facts (id TEXT NOT NULL PRIMARY KEY, topic TEXT NOT NULL, account TEXT NOT NULL, \
         number INTEGER NOT NULL) STRICT;
         CREATE TABLE bank_effects (seq INTEGER PRIMARY KEY AUTOINCREMENT, consumer TEXT NOT NULL, \
         fact TEXT NOT NULL, attempt TEXT NOT NULL) STRICT;",
        "CREATE TABLE bank_accounts (topic text NOT NULL, account text NOT NULL, number bigint NOT NULL, \
         PRIMARY KEY (topic, account));
         CREATE TABLE bank_facts (id text NOT NULL PRIMARY KEY, topic text NOT NULL, account text NOT NULL, \
         number bigint NOT NULL);
         CREATE TABLE bank_effects (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, consumer text NOT NULL, \
         fact text NOT NULL, attempt text NOT NULL);",
    )],
);

/// Where events and jobs are.
pub(crate) struct Stores {
    pub(super) events: SqlEvents,
    pub(super) jobs: SqlJobs,
    /// The bells, and their first ticks.
    pub(super) bells: Vec<(String, Timestamp)>,
    /// The events of the other bank, where there is one.
    pub(super) far: Option<SqlEvents>,
}

impl Stores {
    /// Who hears of this bank's events.
    pub(super) fn subscribers(&self) -> impl Iterator<Item = &'static str> {
        let bridge = self.far.is_some().then_some(BRIDGE);
        SUBSCRIBERS.into_iter().map(|(name, _)| name).chain(bridge)
    }
}

/// Makes all tables, here and at the other bank, before anybody works on them, and hangs up the bells.
pub(crate) async fn prepare(db: &Database, far: Option<&Database>) -> Result<Stores> {
    MIGRATIONS.up(db).await?;
    lock::MIGRATIONS.up(db).await?;
    let jobs = SqlJobs::new(db).await?;
    let bells = bells::hang(&SqlSchedules::new(&jobs).await?).await?;
    let mut stores = Stores { events: SqlEvents::new(db).await?, jobs, bells, far: None };
    if let Some(far) = far {
        MIGRATIONS.up(far).await?;
        let events = SqlEvents::new(far).await?;
        events.register(CORRESPONDENT, Start::Beginning).await?;
        stores.far = Some(events);
    }
    for name in stores.subscribers() {
        stores.events.register(name, Start::Beginning).await?;
    }
    for topic in ["payment", "receipt"] {
        for account in 0..ACCOUNTS {
            db.query("INSERT INTO bank_accounts (topic, account, number) VALUES ($1, $2, 0)")
                .bind(topic)
                .bind(account_name(account))
                .execute()
                .await?;
        }
    }
    Ok(stores)
}

pub(super) fn account_name(account: usize) -> String {
    format!("account_{account}")
}
