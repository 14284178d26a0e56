#![doc = include_str!("jobs.md")]

mod draft;
mod error;
mod failure;
mod handle;
pub mod http;
mod job;
mod lapse;
mod memory;
mod metrics;
mod new_job;
mod node;
mod outcome;
mod query;
mod rate;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
mod state;
mod store;
mod work;

pub use draft::JobDraft;
pub use error::Error;
pub use failure::Failure;
pub(crate) use failure::Then;
pub use handle::Jobs;
pub use job::{DEFAULT_WAIT, Job};
pub use memory::{MemoryJobs, MemoryTx};
pub(crate) use metrics::FAMILIES;
pub use metrics::watch;
pub use new_job::{Enqueued, JobId, JobRecord, NewJob, Unique};
pub use node::{JobContext, JobNode, NodeConfig, Queue};
pub use outcome::{Attempt, Outcome, Settled};
pub use query::{Count, JobFilter, JobView, QueueAge};
pub use rate::Rate;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use sql::SqlJobs;
pub use state::{JobState, Progress};
pub use store::{JobStore, Perform};
pub use work::{Ask, Claimed, Keep, NodeBeat, Taken, View};
