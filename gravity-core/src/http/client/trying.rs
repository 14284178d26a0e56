//! [`Trying`]: the span of one try of a call.

use http::{HeaderName, Request, StatusCode};
use tracing::Span;
use tracing::field::Empty;

use super::error::ClientError;
use crate::http::body::Body;
use crate::http::layer::TraceContext;
use crate::telemetry::current_trace;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The span of one try of a call, with the names of OpenTelemetry's conventions. Neither path nor query is in
/// it: both may hold what a trace must not.
pub(super) struct Trying(Span);

impl Trying {
    /// Begins it, and sends its place in the trace along, unless the caller has named another trace.
    pub(super) fn begin(request: &mut Request<Body>, retries: u32) -> Self {
        let span = tracing::info_span!(
            "call",
            otel.kind = "client",
            otel.name = request.method().as_str(),
            otel.status_code = Empty,
            http.request.method = request.method().as_str(),
            http.request.resend_count = (retries > 0).then_some(retries),
            http.response.status_code = Empty,
            server.address = request.uri().host(),
            server.port = request.uri().port_u16(),
            error.type = Empty,
        );
        if let Some(trace) = span.in_scope(current_trace) {
            let named = TraceContext::from_headers(request.headers());
            if named.is_none_or(|named| named.trace_id() == trace.trace_id()) {
                request.headers_mut().insert(TRACEPARENT, trace.header());
            }
        }
        Self(span)
    }

    pub(super) fn inner(&self) -> Span {
        self.0.clone()
    }

    pub(super) fn answered(&self, status: StatusCode) {
        self.0.record("http.response.status_code", status.as_u16());
    }

    pub(super) fn failed(&self, error: &ClientError) {
        self.0.record("otel.status_code", "ERROR");
        if let Some(status) = error.status() {
            self.answered(status);
            self.0.record("error.type", status.as_str());
        } else {
            let kind = match error {
                ClientError::Timeout(_) => "timeout",
                ClientError::Connect(_) => "connect",
                _ => "other",
            };
            self.0.record("error.type", kind);
        }
    }
}
