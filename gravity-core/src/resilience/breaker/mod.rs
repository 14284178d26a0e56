//! [`Breaker`] and [`CircuitBreakerLayer`].

mod classify;
mod config;
mod handle;
mod layer;
mod machine;

pub use classify::{Classify, HttpFailures, Outcome};
pub use config::BreakerConfig;
pub use handle::{Breaker, Ticket};
pub use layer::{CircuitBreaker, CircuitBreakerLayer};
pub use machine::BreakerState;
