//! Jobs in memory: the reference of the contract, for tests.

mod manage;
mod record;
mod state;
mod store;
mod tx;

pub use store::MemoryJobs;
pub use tx::MemoryTx;
