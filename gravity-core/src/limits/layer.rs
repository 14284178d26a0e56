//! [`RateLimitLayer`]: a rate limit around any service.

use std::task::{Context, Poll};

use bytes::Buf;
use futures_util::future::{BoxFuture, FutureExt};
use http::Request;
use tower::{Layer, Service};

use super::rule::{RateLimit, Told};
use crate::Principal;
use crate::http::{Body, BoxError, RequestId, Response};

/// A rate limit around any service, also one that has no [`Routes`](crate::http::Routes) in it.
///
/// Routes say their limits themselves, by [`Declared::rate_limit`](crate::http::Declared::rate_limit): then they
/// stand in the OpenAPI document, and the caller is known. Around a service the caller is the
/// [`Principal`] that a layer outside this one has put into the request's extensions; where there is none, a limit by
/// caller counts by address.
///
/// The client's address is what the host says ([`PeerAddr`](crate::http::PeerAddr)); put
/// [`TrustedProxies`](crate::http::TrustedProxies) around this layer.
#[derive(Debug, Clone)]
pub struct RateLimitLayer(RateLimit);

impl RateLimitLayer {
    /// A layer that keeps this limit.
    pub fn new(limit: RateLimit) -> Self {
        Self(limit)
    }
}

impl<S> Layer<S> for RateLimitLayer {
    type Service = RateLimited<S>;

    fn layer(&self, inner: S) -> RateLimited<S> {
        RateLimited { inner, limit: self.0.clone() }
    }
}

/// What [`RateLimitLayer`] makes.
#[derive(Debug, Clone)]
pub struct RateLimited<S> {
    inner: S,
    limit: RateLimit,
}

impl<S, B, R> Service<Request<B>> for RateLimited<S>
where
    S: Service<Request<B>, Response = http::Response<R>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Send + 'static,
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
        // The service that was found ready is the one that is called.
        let fresh = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, fresh);
        let limit = self.limit.clone();
        async move {
            let (head, body) = request.into_parts();
            let mut told = Told::default();
            let caller = head.extensions.get::<Principal>().cloned();
            let mut response = match told.ask(&limit, &head, caller.as_ref()).await {
                Ok(()) => inner.call(Request::from_parts(head, body)).await?.map(Body::new),
                Err(problem) => problem.render(head.extensions.get::<RequestId>().cloned()),
            };
            told.tell(response.headers_mut());
            Ok(response)
        }
        .boxed()
    }
}
