//! The audit log: who did what to which thing, when and from where, in the transaction that did it.
//!
//! The guide `docs/guides/audit.md` tells how it is used, what is found when somebody tampers with it, and the
//! exact bytes that are signed.

mod chain;
mod checkpoint;
mod entry;
mod error;
mod fields;
mod filter;
mod json;
mod log;
mod memory;
mod metrics;
mod origin;
mod outcome;
mod record;
mod report;
mod routes;
mod sealer;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
mod store;
mod verify;

pub use chain::AuditKeys;
pub use checkpoint::{Checkpoint, CheckpointError};
pub use entry::AuditEntry;
pub use error::Error;
pub use filter::AuditFilter;
pub use log::AuditLog;
pub use memory::MemoryAudit;
pub(crate) use metrics::FAMILIES;
pub use origin::Origin;
pub use outcome::Outcome;
pub use record::{AuditId, AuditRecord};
pub use report::{Break, Reason, Report};
pub use routes::{AUDIT_READ, routes};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use sql::SqlAudit;
pub use store::{AuditStore, Cut, Erasure, Found, Head, Link, Linked, Part, Seal, Stored};
