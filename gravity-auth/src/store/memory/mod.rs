//! The store in memory: the reference of the contract, and for tests.

mod accounts;
mod apply;
mod factors;
mod people;
mod sessions;
mod state;
mod store;
mod tickets;
mod users;

pub use store::MemoryStore;
