//! The audit log in a database.

mod append;
mod chain;
mod read;
mod retain;
mod store;

pub use store::SqlAudit;
