//! [`IdempotencyLayer`]: the layer around routes that take keys.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use http::HeaderName;
use tower::{Layer, Service};

use super::{IdempotencyConfig, IdempotencyStore};
use crate::http::{Request, Response};
use crate::metrics::{Counter, Description, Family};
use crate::{Clock, Metrics};

/// The header that says that an answer was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

const REQUESTS: Family<Counter, 1> =
    Family::counter("idempotency_requests_total", "Requests with an idempotency key.", &["outcome"]);

pub(crate) const FAMILIES: &[Description] = &[REQUESTS.description()];

/// Runs a request with an `Idempotency-Key` once, and answers its repetitions with what was answered then.
///
/// It stands around routes, and only the routes of the table that it is put around take keys: put the others into a
/// table of their own and merge the two. It finds out who calls before it looks for an answer, so nobody gets one
/// who may not call the route.
///
/// ```
/// # use gravity_core::http::{PUBLIC, Routes, get, post};
/// use gravity_core::Clock;
/// use gravity_core::idempotency::{IdempotencyConfig, IdempotencyLayer, MemoryIdempotency};
///
/// let layer = IdempotencyLayer::new(MemoryIdempotency::new(), Clock::system())
///     .with_config(IdempotencyConfig::new().required());
/// let paying: Routes =
///     Routes::new().route(post("/payments", "pay").allow(PUBLIC).to(async || "paid")).layer(layer);
/// let routes: Routes =
///     Routes::new().route(get("/rates", "rates").allow(PUBLIC).to(async || "1")).merge(paying);
/// ```
#[derive(Clone)]
pub struct IdempotencyLayer<S> {
    pub(super) store: S,
    pub(super) clock: Clock,
    pub(super) config: Arc<IdempotencyConfig>,
    pub(super) metrics: Option<Metrics>,
}

impl<S: IdempotencyStore> IdempotencyLayer<S> {
    /// A layer with the defaults of [`IdempotencyConfig`].
    pub fn new(store: S, clock: Clock) -> Self {
        Self { store, clock, config: Arc::default(), metrics: None }
    }

    /// Which requests take keys, and how long answers are kept.
    #[must_use]
    pub fn with_config(self, config: IdempotencyConfig) -> Self {
        Self { config: Arc::new(config), ..self }
    }

    /// Counts `idempotency_requests_total` by outcome.
    #[must_use]
    pub fn with_metrics(self, metrics: Metrics) -> Self {
        Self { metrics: Some(metrics), ..self }
    }

    pub(super) fn count(&self, outcome: &str) {
        if let Some(metrics) = &self.metrics {
            REQUESTS.of(metrics, [outcome]).increment();
        }
    }
}

impl<S: IdempotencyStore, I> Layer<I> for IdempotencyLayer<S> {
    type Service = Idempotent<S, I>;

    fn layer(&self, inner: I) -> Idempotent<S, I> {
        Idempotent { inner, layer: self.clone() }
    }
}

/// What [`IdempotencyLayer`] makes.
#[derive(Debug, Clone)]
pub struct Idempotent<S, I> {
    inner: I,
    layer: IdempotencyLayer<S>,
}

impl<S, I> Service<Request> for Idempotent<S, I>
where
    S: IdempotencyStore,
    I: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    I::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let waiting = self.inner.clone();
        // The one that was asked whether it is ready.
        let inner = std::mem::replace(&mut self.inner, waiting);
        let layer = self.layer.clone();
        Box::pin(async move { Ok(layer.answer(request, inner).await) })
    }
}

impl<S> fmt::Debug for IdempotencyLayer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdempotencyLayer").field("config", &self.config).finish_non_exhaustive()
    }
}
