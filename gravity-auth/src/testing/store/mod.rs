//! The suite of a store.

mod accounts;
mod api_keys;
mod factors;
mod fixture;
mod histories;
mod orgs;
mod passkeys;
mod people;
mod roles;
mod rotation;
mod sessions;
mod tickets;
mod trails;
mod users;

use gravity_core::events::EventId;
use gravity_core::jobs::JobId;

use crate::store::AuthStore;
use fixture::Fixture;

/// Something that a trail has told, if it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// An event.
    Event(EventId),
    /// The entry of the audit log about this target.
    Audit(String),
    /// A job.
    Job(JobId),
}

/// Runs every scenario on a store. It may hold what is others': each scenario has users of its own. `recorded` says
/// whether something of a trail was written.
///
/// # Panics
/// When the store does not keep the contract of [`AuthStore`].
pub async fn suite(store: impl AuthStore + Clone, recorded: impl AsyncFn(&Told) -> bool) {
    let fixture = Fixture::new(store);
    users::run(&fixture).await;
    people::run(&fixture).await;
    trails::run(&fixture, &recorded).await;
    sessions::run(&fixture).await;
    rotation::run(&fixture).await;
    rotation::tells_of_it(&fixture, &recorded).await;
    tickets::run(&fixture, &recorded).await;
    factors::run(&fixture).await;
    passkeys::run(&fixture).await;
    accounts::run(&fixture).await;
    api_keys::run(&fixture).await;
    roles::run(&fixture).await;
    orgs::run(&fixture).await;
}

/// Runs so many random histories on a store and on [`MemoryStore`](crate::MemoryStore), which must answer alike.
///
/// # Panics
/// At the first answer that differs, with the seed of its history.
pub async fn random_histories(store: impl AuthStore + Clone, histories: u64) {
    histories::run(&Fixture::new(store), histories).await;
}
