#![doc = include_str!("db.md")]

#[macro_use]
mod dispatch;

mod args;
mod array;
mod bind;
mod config;
mod connect;
mod database;
#[cfg(feature = "sqlite")]
mod deadline;
mod engine;
mod error;
mod executor;
mod listen;
mod metrics;
mod migrate;
mod page;
mod pool;
mod predicate;
mod query;
mod row;
mod run;
mod savepoint;
mod scope;
mod shards;
mod transaction;
mod tx;

pub use bind::Bind;
pub use config::{DatabaseConfig, Durability};
pub use database::Database;
pub use engine::Engine;
pub use error::{Constraint, Error, ErrorKind};
pub use executor::Executor;
pub(crate) use listen::listen;
pub(crate) use metrics::FAMILIES;
pub use migrate::{Migration, MigrationState, MigrationStatus, Migrations};
pub use query::Query;
pub use row::{Row, Scalar};
pub use shards::Shards;
pub use sqlx::FromRow;
pub use sqlx::types::Json;
pub use transaction::{Isolation, TransactionConfig};
pub use tx::Tx;

pub use crate::page::{KeyColumn, KeyKind, Keyset, PageRows};
