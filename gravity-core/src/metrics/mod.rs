//! Counters, gauges and histograms, in the text form of Prometheus.
//!
//! A [`Metrics`] is a value, not a global: an application hands the same one to whatever should
//! count into it, and serves it by [`routes`] where its scraper looks. What this crate counts is
//! declared as [`Family`] values, which [`catalogue`] lists.

mod catalogue;
mod collect;
mod family;
mod process;
mod registry;
mod routes;
mod runtime;
mod series;
mod text;

pub use catalogue::catalogue;
pub use collect::Samples;
pub use family::{Description, Family, Kind};
pub use registry::Metrics;
pub use routes::routes;
pub use series::{Counter, Gauge, Histogram};
pub use text::Format;
