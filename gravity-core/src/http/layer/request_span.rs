//! [`RequestSpan`]: the span around all that happens for a request.

use http::{Request, StatusCode};
use tracing::Span;
use tracing::field::Empty;
use tracing::instrument::{Instrument, Instrumented};

use super::TraceContext;
use super::metrics::known;
use crate::http::host::PeerAddr;
use crate::http::proxies::TrustedProxies;
use crate::http::{RequestId, matched_route};

/// The span around all that happens for a request, with the names of OpenTelemetry's conventions.
#[derive(Debug, Clone)]
pub(crate) struct RequestSpan(Span);

impl RequestSpan {
    /// Begins it, and leaves it in the extensions for who finds out more.
    pub(super) fn begin<B>(
        request: &mut Request<B>,
        id: &RequestId,
        trace: TraceContext,
        parent: Option<TraceContext>,
        with_address: bool,
    ) -> Self {
        let route = matched_route(request.extensions()).map_or("none", |route| route.path());
        let method = known(request.method());
        let span = tracing::info_span!(
            "request",
            request_id = id.as_str(),
            trace_id = trace.trace_id(),
            span_id = trace.span_id(),
            parent_span_id = parent.map(|parent| parent.span_id()),
            sampled = trace.sampled(),
            subject = Empty,
            otel.kind = "server",
            otel.name = %format_args!("{method} {route}"),
            otel.status_code = Empty,
            http.request.method = method,
            http.route = route,
            http.response.status_code = Empty,
            error.type = Empty,
            client.address = Empty,
        );
        if !span.is_disabled() {
            if with_address && let Some(peer) = PeerAddr::of(request.extensions()) {
                let client = match request.extensions().get::<TrustedProxies>() {
                    Some(proxies) => proxies.client(peer.ip(), request.headers()),
                    None => peer.ip().to_canonical(),
                };
                span.record("client.address", tracing::field::display(client));
            }
            request.extensions_mut().insert(Self(span.clone()));
        }
        Self(span)
    }

    pub(super) fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        self.0.in_scope(work)
    }

    pub(super) fn around<F: Future>(self, work: F) -> Instrumented<F> {
        work.instrument(self.0)
    }

    /// Notes who calls.
    pub(crate) fn called_by(&self, subject: &str) {
        self.0.record("subject", subject);
    }

    pub(super) fn answered(&self, status: StatusCode) {
        self.0.record("http.response.status_code", status.as_u16());
        // What the client did wrong is no fault of the server's.
        if status.is_server_error() {
            self.0.record("error.type", status.as_str());
            self.0.record("otel.status_code", "ERROR");
        }
    }
}
