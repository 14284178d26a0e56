//! [`MetricsLayer`]: counts requests and their time.

use std::task::{Context, Poll};
use std::time::Instant;

use futures_util::future::{BoxFuture, FutureExt};
use http::{Method, Request, Response, StatusCode};
use tower::{Layer, Service};

use crate::Metrics;
use crate::http::matched_route;
use crate::metrics::{Counter, Description, Family, Gauge, Histogram};

const REQUESTS: Family<Counter, 3> =
    Family::counter("http_requests_total", "Requests answered.", &["method", "endpoint", "status"]);
const DURATION: Family<Histogram, 2> = Family::histogram(
    "http_request_duration_seconds",
    "Time until an answer began.",
    &["method", "endpoint"],
);
const ACTIVE: Family<Gauge, 0> = Family::gauge("active_connections", "Requests at work now.", &[]);

pub(crate) const FAMILIES: &[Description] =
    &[REQUESTS.description(), DURATION.description(), ACTIVE.description()];

/// Counts `http_requests_total{method,endpoint,status}`, measures
/// `http_request_duration_seconds{method,endpoint}`, and holds `active_connections`, the requests at
/// work now.
///
/// The labels are few by construction: the endpoint is the pattern of the route, `none` where none
/// matched; a method that HTTP does not know is `other`.
#[derive(Debug, Clone)]
pub struct MetricsLayer(Metrics);

impl MetricsLayer {
    /// Counts into these metrics.
    pub fn new(metrics: &Metrics) -> Self {
        Self(metrics.clone())
    }
}

impl<S> Layer<S> for MetricsLayer {
    type Service = HttpMetrics<S>;

    fn layer(&self, inner: S) -> HttpMetrics<S> {
        HttpMetrics { inner, metrics: self.0.clone(), active: ACTIVE.of(&self.0, []) }
    }
}

/// What [`MetricsLayer`] makes.
#[derive(Debug, Clone)]
pub struct HttpMetrics<S> {
    inner: S,
    metrics: Metrics,
    active: Gauge,
}

/// A request at work: counted when it is answered, or when the client has gone before.
struct Counted {
    metrics: Metrics,
    active: Gauge,
    method: &'static str,
    endpoint: String,
    began: Instant,
    status: Option<StatusCode>,
}

impl Counted {
    fn answered(&mut self, status: StatusCode) {
        self.status = Some(status);
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.active.add(-1);
        let status = self.status.as_ref().map_or("499", StatusCode::as_str);
        REQUESTS.of(&self.metrics, [self.method, &self.endpoint, status]).increment();
        DURATION.of(&self.metrics, [self.method, &self.endpoint]).observe(self.began.elapsed());
    }
}

/// The method, if HTTP knows it.
pub(super) fn known(method: &Method) -> &'static str {
    const METHODS: [&str; 9] =
        ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];
    METHODS.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

impl<S, B, R> Service<Request<B>> for HttpMetrics<S>
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

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.active.add(1);
        let endpoint = matched_route(request.extensions()).map_or("none", |route| route.path());
        let mut counted = Counted {
            metrics: self.metrics.clone(),
            active: self.active.clone(),
            method: known(request.method()),
            endpoint: endpoint.to_owned(),
            began: Instant::now(),
            status: None,
        };
        let answer = self.inner.call(request);
        async move {
            let response = answer.await?;
            counted.answered(response.status());
            Ok(response)
        }
        .boxed()
    }
}
