//! [`BodyLimitLayer`]: a size limit around any service. Routes have one of their own in their limits.

use std::task::{Context, Poll};

use bytes::Buf;
use futures_util::future::{BoxFuture, FutureExt};
use http::Request;
use tower::{Layer, Service};

use crate::http::extract::limited;
use crate::http::{Body, BoxError, Problem, RequestId, Response, problems};

/// Answers 413 to a body that says it is too large, and ends one with an error that turns out to be.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimitLayer(u64);

impl BodyLimitLayer {
    /// The largest body, in bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }
}

impl<S> Layer<S> for BodyLimitLayer {
    type Service = BodyLimit<S>;

    fn layer(&self, inner: S) -> BodyLimit<S> {
        BodyLimit { inner, bytes: self.0 }
    }
}

/// What [`BodyLimitLayer`] makes.
#[derive(Debug, Clone)]
pub struct BodyLimit<S> {
    inner: S,
    bytes: u64,
}

impl<S, B, R> Service<Request<B>> for BodyLimit<S>
where
    S: Service<Request<Body>, Response = http::Response<R>>,
    S::Future: Send + 'static,
    B: http_body::Body<Data: Buf> + Send + 'static,
    B::Error: Into<BoxError>,
    R: http_body::Body<Data: Buf> + Send + 'static,
    R::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if request.body().size_hint().lower() > self.bytes {
            let id = request.extensions().get::<RequestId>().cloned();
            let problem = Problem::new(problems::BODY_TOO_LARGE);
            return async move { Ok(problem.render(id)) }.boxed();
        }
        let request = request.map(|body| limited(Body::new(body), self.bytes));
        self.inner.call(request).map(|answer| answer.map(|response| response.map(Body::new))).boxed()
    }
}
