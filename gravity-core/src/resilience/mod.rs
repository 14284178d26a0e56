//! Calls to others that fail well: circuit breakers, retries within a budget, bulkheads, hedging, and a client for
//! addresses that users give.
//!
//! Each is a tower layer. They stand around the [transport](crate::http::client::ClientConfig::with_layer) of a
//! typed client, around any service of `http::Request<Body>`, and, where it makes sense, around one's own routes:
//!
//! | Layer | Does |
//! |---|---|
//! | [`CircuitBreakerLayer`] | stops calling what fails again and again, and tries it now and then |
//! | [`RetryLayer`] | tries again what does no harm twice, within a budget |
//! | [`BulkheadLayer`] | lets so many calls run and so many wait |
//! | [`HedgeLayer`] | asks a second time when the first answer is slow, and takes the faster one |
//! | [`TimeoutLayer`](crate::http::layer::TimeoutLayer) | answers 503 when it takes too long |
//!
//! From the outside to the inside: hedge or retry, circuit breaker, bulkhead. So every try counts for the breaker,
//! and a try that waits for another holds no place.
#![cfg_attr(
    feature = "client",
    doc = "\n`OutgoingClient` calls addresses that users give, and never one inside: see [`outgoing`]."
)]

mod breaker;
mod budget;
mod bulkhead;
mod hedge;
mod metrics;
#[cfg(feature = "client")]
pub mod outgoing;
mod rejected;
mod repeat;
mod retry;

pub use breaker::{
    Breaker, BreakerConfig, BreakerState, CircuitBreaker, CircuitBreakerLayer, Classify, HttpFailures,
    Outcome, Ticket,
};
pub use budget::RetryBudget;
pub use bulkhead::{Bulkhead, BulkheadLayer};
pub use hedge::{Hedge, HedgeLayer};
pub(crate) use metrics::FAMILIES;
pub use rejected::Rejected;
#[cfg(feature = "client")]
pub(crate) use repeat::{IDEMPOTENCY_KEY, asked, is_passing, is_repeatable, is_worth_repeating, wait_before};
pub use retry::{Retry, RetryLayer};
