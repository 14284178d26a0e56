//! The store in memory: the reference of the contract, and for tests.

mod apply;
mod state;
mod store;

pub use store::MemoryStore;
