//! The bank's tables.

use gravity_core::db::{Database, Error, Migration, Migrations};
use gravity_core::events::{EventStore as _, SqlEvents, Start};
use gravity_core::jobs::SqlJobs;

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
#[derive(Clone)]
pub(crate) struct Stores {
    pub(super) events: SqlEvents,
    pub(super) jobs: SqlJobs,
}

/// Makes all tables before anybody works on them.
pub(crate) async fn prepare(db: &Database) -> Result<Stores, Error> {
    MIGRATIONS.up(db).await?;
    let events = SqlEvents::new(db).await?;
    let jobs = SqlJobs::new(db).await?;
    for (name, _) in SUBSCRIBERS {
        events.register(name, Start::Beginning).await.map_err(|error| match error {
            gravity_core::events::Error::Database(error) => error,
            other => unreachable!("a database fails as one: {other}"),
        })?;
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
    Ok(Stores { events, jobs })
}

pub(super) fn account_name(account: usize) -> String {
    format!("account_{account}")
}
