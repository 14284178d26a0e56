//! [`RetryLayer`]: tries again what does no harm twice.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use http::{Request, Response};
use tokio::time::sleep;
use tower::{Layer, Service, ServiceExt};

use super::budget::RetryBudget;
use super::rejected::Rejected;
use super::repeat::{asked, is_repeatable, is_worth_repeating, wait_before};
use crate::http::{Body, BoxError};

/// Tries again what does no harm twice: `GET`, `HEAD`, `OPTIONS`, `PUT`, `DELETE`, or what has an
/// `Idempotency-Key`; when its body lies in memory; after an error, or an answer 429, 502, 503 or 504.
///
/// It waits with a jittered backoff, and never less than `Retry-After` asks for; a wait of more than 10 s is left to
/// the caller. Retries come out of a [`RetryBudget`]. It has no time limit of its own: put one around it. What a
/// breaker or a bulkhead has [rejected](Rejected) is not tried again.
///
/// The typed [client](crate::http::client) retries by the same rule without this layer.
#[derive(Clone)]
pub struct RetryLayer {
    retries: u32,
    budget: RetryBudget,
    retryable: Retryable,
}

type Retryable = Arc<dyn Fn(&BoxError) -> bool + Send + Sync>;

impl RetryLayer {
    /// A layer that tries so often after the first try.
    pub fn new(retries: u32) -> Self {
        let retryable = Arc::new(|error: &BoxError| !error.is::<Rejected>());
        Self { retries, budget: RetryBudget::default(), retryable }
    }

    /// Whose budget it spends (one of its own).
    #[must_use]
    pub fn with_budget(mut self, budget: RetryBudget) -> Self {
        self.budget = budget;
        self
    }

    /// Which errors are worth another try (all but [`Rejected`]).
    #[must_use]
    pub fn with_retryable(mut self, retryable: impl Fn(&BoxError) -> bool + Send + Sync + 'static) -> Self {
        self.retryable = Arc::new(retryable);
        self
    }
}

impl<S> Layer<S> for RetryLayer {
    type Service = Retry<S>;

    fn layer(&self, inner: S) -> Retry<S> {
        Retry { inner, rules: self.clone() }
    }
}

/// What [`RetryLayer`] makes.
#[derive(Debug, Clone)]
pub struct Retry<S> {
    inner: S,
    rules: RetryLayer,
}

impl<S, B> Service<Request<Body>> for Retry<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<B>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // Each try waits for its own turn.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (inner, rules) = (self.inner.clone(), self.rules.clone());
        tries(inner, rules, request).boxed()
    }
}

async fn tries<S, B>(inner: S, rules: RetryLayer, mut request: Request<Body>) -> Result<Response<B>, BoxError>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
{
    rules.budget.earn();
    let mut retries = 0;
    loop {
        let again = if retries < rules.retries { repeated(&request) } else { None };
        let result = inner.clone().oneshot(request).await.map_err(Into::into);
        let (Some(next), Some(wait)) = (again, rules.wait(&result, retries)) else { return result };
        if !rules.budget.spend() {
            return result;
        }
        // What the answer holds is let go before the wait.
        drop(result);
        sleep(wait).await;
        request = next;
        retries += 1;
    }
}

impl RetryLayer {
    fn wait<B>(&self, result: &Result<Response<B>, BoxError>, retries: u32) -> Option<Duration> {
        match result {
            Ok(response) if is_worth_repeating(response.status()) => {
                wait_before(asked(response.headers()), retries)
            }
            Err(error) if (self.retryable)(error) => wait_before(None, retries),
            _ => None,
        }
    }
}

/// The same request once more, where it may be made twice.
pub(super) fn repeated(request: &Request<Body>) -> Option<Request<Body>> {
    if !is_repeatable(request.method(), request.headers()) {
        return None;
    }
    let mut next = Request::new(request.body().repeat()?);
    *next.method_mut() = request.method().clone();
    *next.uri_mut() = request.uri().clone();
    *next.version_mut() = request.version();
    *next.headers_mut() = request.headers().clone();
    *next.extensions_mut() = request.extensions().clone();
    Some(next)
}

impl fmt::Debug for RetryLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryLayer").field("retries", &self.retries).finish_non_exhaustive()
    }
}
