//! [`TelemetryConfig`]: what is logged, and where traces go.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SecretString;
use crate::http::layer::Sampling;

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A JSON object a line, for machines.
    #[default]
    Json,
    /// Text, for people.
    Text,
}

/// What is logged, and where traces go.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryConfig {
    /// What the application calls itself.
    #[schemars(length(min = 1, max = 100))]
    pub service: String,
    /// Which release it is.
    #[schemars(length(max = 100))]
    pub version: String,
    /// How the log is written.
    pub format: LogFormat,
    /// What is logged, in the directives of tracing: `info,shop=debug,gravity::access=off`.
    pub filter: String,
    /// The address of an OpenTelemetry collector that takes OTLP over HTTP, such as
    /// `http://localhost:4318`. Nothing is exported without it.
    pub otlp_endpoint: Option<String>,
    /// The token that the collector wants.
    pub otlp_token: Option<SecretString>,
    /// How many of the traces that begin here are recorded, from 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub sampling: f64,
}

impl Default for TelemetryConfig {
    /// JSON, from INFO on, without traces; a tenth of them once there is a collector.
    fn default() -> Self {
        Self {
            service: "gravity".to_owned(),
            version: String::new(),
            format: LogFormat::Json,
            filter: "info".to_owned(),
            otlp_endpoint: None,
            otlp_token: None,
            sampling: 0.1,
        }
    }
}

impl TelemetryConfig {
    /// The defaults, for the application of this name and release: `env!("CARGO_PKG_NAME")` and
    /// `env!("CARGO_PKG_VERSION")`.
    pub fn new(service: impl Into<String>, version: impl Into<String>) -> Self {
        Self { service: service.into(), version: version.into(), ..Self::default() }
    }

    /// What [`CorrelationLayer::with_sampling`](crate::http::layer::CorrelationLayer::with_sampling) wants:
    /// no trace is recorded that goes nowhere.
    pub fn sampling(&self) -> Sampling {
        if self.otlp_endpoint.is_some() { Sampling::ratio(self.sampling) } else { Sampling::NONE }
    }
}
