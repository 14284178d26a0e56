//! Spans exported by the OpenTelemetry protocol.
//!
//! The SDK's exporter and types are used; its tracer is not, nor is `tracing-opentelemetry`. Both make ids of
//! their own for what they record, and know them only once they record it: what is not sampled, or runs under
//! another subscriber, would have other ids in the log and in `traceparent` than in the collector, or none.
//! Here the ids are those of [`TraceContext`](crate::http::layer::TraceContext), whoever asks.

mod batch;
mod collector;
mod layer;

pub(super) use batch::Batch;
pub use layer::OtelLayer;

use opentelemetry::KeyValue;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanExporter as _;

use super::metrics::Counts;
use super::{TelemetryConfig, TelemetryError};
use collector::Collector;

/// Begins to export, if there is whereto.
pub(super) fn start(config: &TelemetryConfig, counts: &Counts) -> Result<Option<Batch>, TelemetryError> {
    let Some(endpoint) = &config.otlp_endpoint else { return Ok(None) };
    let fail = |error: &dyn std::fmt::Display| TelemetryError::Export(error.to_string());
    let runtime = tokio::runtime::Handle::try_current().map_err(|error| fail(&error))?;
    let collector = Collector::new(endpoint, config.otlp_token.as_ref()).map_err(|error| fail(&error))?;
    let mut exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .with_http_client(collector)
        .build()
        .map_err(|error| fail(&error))?;
    let mut about = vec![KeyValue::new("service.name", config.service.clone())];
    if !config.version.is_empty() {
        about.push(KeyValue::new("service.version", config.version.clone()));
    }
    exporter.set_resource(&Resource::builder().with_attributes(about).build());
    Ok(Some(Batch::start(exporter, counts.clone(), &runtime)))
}
