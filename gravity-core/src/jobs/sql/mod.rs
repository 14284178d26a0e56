//! Jobs in a database.

mod claim;
mod end;
mod enqueue;
#[cfg(feature = "postgres")]
mod insert;
mod manage;
mod nodes;
mod rates;
mod read;
mod row;
mod settle;
mod store;
mod tell;

pub use store::SqlJobs;
