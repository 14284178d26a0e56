//! [`CorrelationLayer`]: gives a request its id and its place in a trace.

use std::task::{Context, Poll};

use futures_util::future::{BoxFuture, FutureExt};
use http::{Request, Response};
use tower::{Layer, Service};

use super::request_span::RequestSpan;
use super::trace_context::{Sampling, TRACEPARENT, TraceContext};
use crate::http::{RequestId, X_REQUEST_ID};

/// Gives every request a [`RequestId`] and a [`TraceContext`], in its extensions and in a tracing
/// span around all that happens for it, and puts the id into the answer.
///
/// What the caller sends in `x-request-id` and `traceparent` is taken over where it is well formed: the
/// request is a span of its own in the caller's trace, and recorded if that is. The context, the
/// `traceparent` that handlers see, the log and what OpenTelemetry exports have the same ids.
#[derive(Debug, Clone, Copy)]
pub struct CorrelationLayer {
    trust: bool,
    sampling: Sampling,
    address: bool,
}

impl CorrelationLayer {
    /// Takes over ids of callers; traces that begin here are not sampled.
    pub fn new() -> Self {
        Self { trust: true, sampling: Sampling::NONE, address: false }
    }

    /// Ids of callers are not taken over: for an edge that faces strangers and whose logs must not
    /// be confused.
    #[must_use]
    pub fn without_trust(mut self) -> Self {
        self.trust = false;
        self
    }

    /// Which of the traces that begin here are recorded: none, unless this says so.
    #[must_use]
    pub fn with_sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = sampling;
        self
    }

    /// Puts the client's address into the span, and so into the log: personal data in many places.
    #[must_use]
    pub fn with_address(mut self) -> Self {
        self.address = true;
        self
    }
}

impl Default for CorrelationLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for CorrelationLayer {
    type Service = Correlation<S>;

    fn layer(&self, inner: S) -> Correlation<S> {
        Correlation { inner, layer: *self }
    }
}

/// What [`CorrelationLayer`] makes.
#[derive(Debug, Clone)]
pub struct Correlation<S> {
    inner: S,
    layer: CorrelationLayer,
}

impl<S, B, R> Service<Request<B>> for Correlation<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<R>, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let given = self.layer.trust.then(|| request.headers());
        let id = given
            .and_then(|headers| RequestId::parse(headers.get(X_REQUEST_ID)?.to_str().ok()?))
            .unwrap_or_else(RequestId::generate);
        let parent = given.and_then(TraceContext::from_headers);
        let trace = parent.map_or_else(|| TraceContext::begin(self.layer.sampling), TraceContext::child);
        request.headers_mut().insert(X_REQUEST_ID, id.header());
        request.headers_mut().insert(TRACEPARENT, trace.header());
        request.extensions_mut().insert(trace);
        request.extensions_mut().insert(id.clone());
        let span = RequestSpan::begin(&mut request, &id, trace, parent, self.layer.address);
        let answer = span.enter(|| self.inner.call(request));
        let inside = span.clone();
        let answer = async move {
            let mut response = answer.await?;
            response.headers_mut().insert(X_REQUEST_ID, id.header());
            span.answered(response.status());
            Ok(response)
        };
        inside.around(answer).boxed()
    }
}
