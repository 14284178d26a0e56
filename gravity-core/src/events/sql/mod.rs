//! Events in a database.

mod deliver;
mod fetch;
mod head;
mod leases;
mod poison;
mod publish;
mod retain;
mod search;
mod settle;
mod store;
mod subscribers;

pub use store::SqlEvents;
