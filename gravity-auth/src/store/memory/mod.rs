//! The store in memory: the reference of the contract, and for tests.

mod accounts;
mod api_keys;
mod apply;
mod factors;
mod orgs;
mod passkeys;
mod people;
mod roles;
mod sessions;
mod state;
mod store;
mod tickets;
mod users;

pub use store::MemoryStore;
