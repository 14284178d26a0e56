//! Jobs in a database.

mod claim;
mod end;
mod enqueue;
mod heads;
#[cfg(feature = "postgres")]
mod insert;
mod manage;
mod nodes;
mod plain;
mod rates;
mod read;
mod row;
mod settle;
mod store;
mod tell;

pub use store::SqlJobs;
