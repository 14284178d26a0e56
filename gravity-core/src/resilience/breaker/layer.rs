//! [`CircuitBreakerLayer`]: a circuit breaker around any service.

use std::task::{Context, Poll};

use futures_util::future::{BoxFuture, FutureExt};
use tower::{Layer, Service};

use super::classify::{Classify, HttpFailures};
use super::handle::Breaker;
use crate::http::BoxError;

/// Stops calling what fails again and again.
///
/// **Closed**, it lets every call through, until 5 in a row have failed. **Open**, it makes no calls for 60 s and
/// fails them at once with [`Rejected::Open`](crate::resilience::Rejected::Open). **Half open**, it lets 3 trials
/// through: it closes when all have succeeded, and opens again as soon as one fails. The figures are those of
/// [`BreakerConfig`](super::BreakerConfig).
///
/// A call that is given up frees its place and says nothing. Put time limits inside, so that slowness is a
/// failure. Trials that have said nothing for as long as the breaker stays open are replaced by new ones.
///
/// ```
/// use gravity_core::resilience::{Breaker, BreakerConfig, CircuitBreakerLayer};
/// # #[cfg(feature = "client")]
/// use gravity_core::http::client::ClientConfig;
///
/// let breaker = Breaker::new("payments", BreakerConfig::new());
/// # #[cfg(feature = "client")]
/// let client = ClientConfig::new()
///     .with_layer(CircuitBreakerLayer::new(breaker))
///     .connect("http://payments.internal:8080");
/// ```
#[derive(Debug, Clone)]
pub struct CircuitBreakerLayer<C = HttpFailures> {
    breaker: Breaker,
    classify: C,
}

impl CircuitBreakerLayer {
    /// A layer of this breaker, for which errors and answers 5xx are failures.
    pub fn new(breaker: Breaker) -> Self {
        Self { breaker, classify: HttpFailures }
    }
}

impl<C> CircuitBreakerLayer<C> {
    /// The same with another rule for what a failure is; then it goes around any service.
    pub fn with_classifier<D>(self, classify: D) -> CircuitBreakerLayer<D> {
        CircuitBreakerLayer { breaker: self.breaker, classify }
    }
}

impl<S, C: Clone> Layer<S> for CircuitBreakerLayer<C> {
    type Service = CircuitBreaker<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        CircuitBreaker { inner, breaker: self.breaker.clone(), classify: self.classify.clone() }
    }
}

/// What [`CircuitBreakerLayer`] makes.
#[derive(Debug, Clone)]
pub struct CircuitBreaker<S, C = HttpFailures> {
    inner: S,
    breaker: Breaker,
    classify: C,
}

impl<S, C, R> Service<R> for CircuitBreaker<S, C>
where
    S: Service<R, Error: Into<BoxError>, Future: Send + 'static>,
    C: Classify<S::Response, S::Error>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<S::Response, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let ticket = match self.breaker.admit() {
            Ok(ticket) => ticket,
            Err(rejected) => return async move { Err(rejected.into()) }.boxed(),
        };
        let calling = self.inner.call(request);
        let classify = self.classify.clone();
        async move {
            let result = calling.await;
            ticket.settle(classify.outcome(result.as_ref()));
            result.map_err(Into::into)
        }
        .boxed()
    }
}
