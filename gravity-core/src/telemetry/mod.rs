//! Logs as JSON lines, and traces exported by OpenTelemetry.
//!
//! An application calls [`init`] once and keeps what it returns. One that has a subscriber of its own
//! adds [`JsonLayer`] to it, or nothing at all: this crate logs by `tracing` and needs none of this.

mod config;
mod context;
mod init;
mod json;
mod metrics;
#[cfg(feature = "otel")]
mod otel;
mod writer;

pub use config::{LogFormat, TelemetryConfig};
pub use context::current_trace;
pub use init::{Telemetry, TelemetryError, init};
pub use json::JsonLayer;
pub(crate) use metrics::FAMILIES;
#[cfg(feature = "otel")]
pub use otel::OtelLayer;
pub use writer::LogWriter;
