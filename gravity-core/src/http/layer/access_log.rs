//! [`AccessLogLayer`]: a line for every request.

use std::task::{Context, Poll};
use std::time::Instant;

use futures_util::future::{BoxFuture, FutureExt};
use http::{Request, Response};
use tower::{Layer, Service};

use crate::http::{RequestId, matched_route};

/// The tracing target of access log lines.
const TARGET: &str = "gravity::access";

/// Logs a line for every request, at level INFO and with the target `gravity::access`: method, route
/// pattern, status, milliseconds, request id, bytes where they are known. Neither the path, nor the
/// query, nor a header is logged: they may hold what a log must not.
#[derive(Debug, Clone, Copy, Default)]
pub struct AccessLogLayer;

impl<S> Layer<S> for AccessLogLayer {
    type Service = AccessLog<S>;

    fn layer(&self, inner: S) -> AccessLog<S> {
        AccessLog { inner }
    }
}

/// What [`AccessLogLayer`] makes.
#[derive(Debug, Clone)]
pub struct AccessLog<S> {
    inner: S,
}

/// A line that is written when the answer is there, or when the client has gone before.
struct Line {
    method: http::Method,
    route: Option<String>,
    id: Option<RequestId>,
    began: Instant,
    answered: Option<(u16, Option<u64>)>,
}

impl Line {
    fn answered<R: http_body::Body>(&mut self, response: &Response<R>) {
        self.answered = Some((response.status().as_u16(), response.body().size_hint().exact()));
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // 499 is what proxies log for a client that did not wait.
        let (status, bytes) = self.answered.unwrap_or((499, None));
        let millis = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(
            target: TARGET,
            method = self.method.as_str(),
            route = self.route.as_deref().unwrap_or("none"),
            status,
            millis,
            bytes,
            request_id = self.id.as_ref().map(RequestId::as_str),
            "request"
        );
    }
}

impl<S, B, R> Service<Request<B>> for AccessLog<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
    R: http_body::Body,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<R>, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let extensions = request.extensions();
        let mut line = Line {
            method: request.method().clone(),
            route: matched_route(extensions).map(|route| route.path().to_owned()),
            id: extensions.get().cloned(),
            began: Instant::now(),
            answered: None,
        };
        let answer = self.inner.call(request);
        async move {
            let response = answer.await?;
            line.answered(&response);
            Ok(response)
        }
        .boxed()
    }
}
