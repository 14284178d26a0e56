//! HTTP tests: a service's routes on every host, and the suite that the hosts themselves pass.

mod host;
mod raw;
pub mod suite;

pub use host::{Host, Kind, each_host};
pub use raw::{Answer, Raw};
