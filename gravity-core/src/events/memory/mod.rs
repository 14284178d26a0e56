//! Events in memory: the reference of the contract, for tests.

mod leases;
mod log;
mod state;
mod store;
mod tx;

pub use store::MemoryEvents;
pub use tx::MemoryTx;
