//! Counters, gauges and histograms, in the text form of Prometheus.
//!
//! A [`Metrics`] is a value, not a global: an application hands the same one to whatever should
//! count into it, and serves [`Metrics::render`] where its scraper looks.

mod family;
mod registry;

pub use family::{Counter, Gauge, Histogram};
pub use registry::Metrics;
