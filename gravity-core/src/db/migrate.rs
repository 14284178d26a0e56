//! Each crate's own tables, brought up to date.

mod ledger;
mod migration;
mod plan;
mod run;
mod script;

pub use migration::{Migration, Migrations};
pub use run::{MigrationState, MigrationStatus};
