//! The store on SQLite and PostgreSQL, from one text.

mod accounts;
mod api_keys;
mod apply;
mod factors;
mod orgs;
mod passkeys;
mod people;
mod people_reads;
mod roles;
mod rows;
mod sessions;
mod store;
mod tickets;
mod users;
mod ways_in;

pub use store::SqlStore;
