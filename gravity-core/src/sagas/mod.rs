#![doc = include_str!("sagas.md")]

mod error;
mod handle;
pub mod http;
mod job;
mod memory;
mod metrics;
mod query;
mod record;
mod run;
mod saga;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
mod status;
mod step;
mod steps;
mod store;
mod transition;
mod turn;

pub use error::Error;
pub use handle::{Sagas, SagasBuilder};
pub use job::SagaStep;
pub use memory::MemorySagas;
pub(crate) use metrics::FAMILIES;
pub use query::{SagaCount, SagaFilter};
pub use record::{Progress, SagaEntity, SagaId, SagaRecord, StepRecord};
pub use saga::Saga;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use sql::SqlSagas;
pub use status::{SagaStatus, StepStatus};
pub use step::{Step, StepContext};
pub use steps::Steps;
pub use store::{Change, Changed, SagaStore};
