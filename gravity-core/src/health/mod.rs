//! Health: whether the service lives, whether it is ready, and how what it depends on is doing.
//!
//! The guide `docs/guides/health.md` tells how it is used.

mod check;
mod fault;
mod registry;
mod report;
mod routes;

pub use check::Check;
pub(crate) use registry::FAMILIES;
pub use registry::Health;
pub use report::{Condition, Dependency, Details, Fault, Standing};
pub use routes::{NOT_READY, routes};
