//! Tower layers for the edge of an application: each does one thing, and [`Edge`] puts them in
//! their order. They stand around any tower service of the right types, not only around routes.

mod access_log;
mod body_limit;
mod correlation;
mod edge;
mod metrics;
mod panics;
mod request_span;
mod security_headers;
mod timeout;
mod trace_context;

pub use access_log::{AccessLog, AccessLogLayer};
pub use body_limit::{BodyLimit, BodyLimitLayer};
pub use correlation::{Correlation, CorrelationLayer};
pub use edge::Edge;
pub(crate) use metrics::FAMILIES;
pub use metrics::{HttpMetrics, MetricsLayer};
pub use panics::panics;
pub(crate) use request_span::RequestSpan;
pub use security_headers::{SecurityHeaders, SecurityHeadersLayer};
pub use timeout::{Timeout, TimeoutLayer};
pub use trace_context::{Sampling, TraceContext};
