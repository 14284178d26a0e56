//! Idempotency keys: a request that is sent twice is run once, and answered alike both times.
//!
//! The guide `docs/guides/idempotency.md` tells how it is used and what happens when something fails.

mod answer;
mod cleaner;
mod config;
mod error;
mod fingerprint;
mod handle;
mod layer;
mod memory;
mod problems;
mod run;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
mod store;

pub use answer::Answer;
pub use cleaner::clean_until;
pub use config::IdempotencyConfig;
pub use error::Error;
pub use handle::Idempotency;
pub(crate) use layer::FAMILIES;
pub use layer::{IdempotencyLayer, Idempotent, REPLAYED};
pub use memory::MemoryIdempotency;
pub use problems::{ANSWER_NOT_KEPT, KEY_REUSED, STILL_RUNNING};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use sql::SqlIdempotency;
pub use store::{Begun, Claim, IdempotencyStore, Slot};
