//! Does jobs.

mod config;
mod context;
mod counts;
mod lane;
mod pump;
mod queue;
mod retain;
mod run;
mod settler;
mod tenure;
mod worker;

pub use config::NodeConfig;
pub use context::JobContext;
pub use queue::Queue;
pub use run::JobNode;
