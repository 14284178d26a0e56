//! [`SecurityHeadersLayer`]: headers that make browsers careful.

use std::task::{Context, Poll, ready};

use http::header::{self, HeaderName, HeaderValue};
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

/// Sets headers that make browsers careful, where the answer has not set them itself:
/// `X-Content-Type-Options: nosniff`, `X-Frame-Options: DENY`, `Referrer-Policy: no-referrer`,
/// `Cross-Origin-Opener-Policy: same-origin`, `Cross-Origin-Resource-Policy: same-origin` and a
/// `Content-Security-Policy` under which an answer loads nothing and is framed by nobody: a page has
/// to say what it needs.
#[derive(Debug, Clone)]
pub struct SecurityHeadersLayer {
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl SecurityHeadersLayer {
    /// The headers named above.
    pub fn new() -> Self {
        let fixed = HeaderValue::from_static;
        Self {
            headers: vec![
                (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
                (header::X_FRAME_OPTIONS, fixed("DENY")),
                (header::REFERRER_POLICY, fixed("no-referrer")),
                (HeaderName::from_static("cross-origin-opener-policy"), fixed("same-origin")),
                (HeaderName::from_static("cross-origin-resource-policy"), fixed("same-origin")),
                (
                    header::CONTENT_SECURITY_POLICY,
                    fixed("default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
                ),
            ],
        }
    }

    /// Also tells browsers to come by TLS only, for two years: for hosts that are reached by nothing else.
    #[must_use]
    pub fn with_strict_transport(self) -> Self {
        self.with(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=63072000; includeSubDomains"),
        )
    }

    /// Another header, or another value for one of them.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name, value));
        self
    }
}

impl Default for SecurityHeadersLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for SecurityHeadersLayer {
    type Service = SecurityHeaders<S>;

    fn layer(&self, inner: S) -> SecurityHeaders<S> {
        SecurityHeaders { inner, headers: self.headers.clone().into() }
    }
}

/// What [`SecurityHeadersLayer`] makes.
#[derive(Debug, Clone)]
pub struct SecurityHeaders<S> {
    inner: S,
    headers: std::sync::Arc<[(HeaderName, HeaderValue)]>,
}

pin_project! {
    /// The answer, its headers to be set.
    #[derive(Debug)]
    pub struct Careful<F> {
        #[pin]
        answer: F,
        headers: std::sync::Arc<[(HeaderName, HeaderValue)]>,
    }
}

impl<F, R, E> Future for Careful<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = F::Output;

    fn poll(self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.answer.poll(cx))?;
        for (name, value) in this.headers.iter() {
            response.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        Poll::Ready(Ok(response))
    }
}

impl<S, B, R> Service<Request<B>> for SecurityHeaders<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Careful<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Careful { answer: self.inner.call(request), headers: self.headers.clone() }
    }
}
