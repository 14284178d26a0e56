//! The store on SQLite and PostgreSQL, from one text.

mod apply;
mod factors;
mod passkeys;
mod people;
mod people_reads;
mod rows;
mod sessions;
mod store;
mod tickets;
mod users;

pub use store::SqlStore;
