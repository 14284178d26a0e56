//! [`TimeoutLayer`]: a time limit around any service. Routes have one of their own in their limits.

use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use http::Request;
use tower::{Layer, Service};

use crate::http::{Body, BoxError, Problem, RequestId, Response, problems};

/// Answers 503 when a service has not begun its answer in time; its work is dropped.
#[derive(Debug, Clone, Copy)]
pub struct TimeoutLayer(Duration);

impl TimeoutLayer {
    /// The time that an answer may take to begin.
    pub const fn new(limit: Duration) -> Self {
        Self(limit)
    }
}

impl<S> Layer<S> for TimeoutLayer {
    type Service = Timeout<S>;

    fn layer(&self, inner: S) -> Timeout<S> {
        Timeout { inner, limit: self.0 }
    }
}

/// What [`TimeoutLayer`] makes.
#[derive(Debug, Clone)]
pub struct Timeout<S> {
    inner: S,
    limit: Duration,
}

impl<S, B, R> Service<Request<B>> for Timeout<S>
where
    S: Service<Request<B>, Response = http::Response<R>>,
    S::Future: Send + 'static,
    R: http_body::Body<Data: bytes::Buf> + Send + 'static,
    R::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let id = request.extensions().get::<RequestId>().cloned();
        let answer = tokio::time::timeout(self.limit, self.inner.call(request));
        async move {
            let Ok(answer) = answer.await else {
                let problem = Problem::new(problems::TIMEOUT).retry_after(Duration::from_secs(1));
                return Ok(problem.render(id));
            };
            Ok(answer?.map(Body::new))
        }
        .boxed()
    }
}
