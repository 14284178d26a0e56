//! A node: runs subscribers, and shares their work with other nodes.

mod config;
mod counts;
mod dispatch;
mod lane;
mod pump;
mod run;
mod share;

pub use config::NodeConfig;
pub use run::EventNode;
