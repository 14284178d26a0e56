//! [`PerHost`]: a circuit breaker for each host.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use http::Request;
use quick_cache::sync::Cache;
use tower::Service;

use super::error::{Guard, OutgoingError};
use crate::http::client::{Transport, find};
use crate::http::{Body, BoxError, Response};
use crate::resilience::{Breaker, BreakerConfig, Classify, HttpFailures, Outcome};

/// How many hosts are remembered. One that is forgotten begins with a closed breaker.
const HOSTS: usize = 10_000;

/// A circuit breaker for each host, so that one that is down costs nobody's time, and no other host's calls.
#[derive(Clone)]
pub(super) struct PerHost {
    inner: Transport,
    config: BreakerConfig,
    limit: Duration,
    breakers: Arc<Cache<String, Breaker>>,
}

impl PerHost {
    pub(super) fn new(inner: Transport, config: BreakerConfig, limit: Duration) -> Self {
        Self { inner, config, limit, breakers: Arc::new(Cache::new(HOSTS)) }
    }

    fn breaker(&self, authority: &str) -> Breaker {
        if let Some(known) = self.breakers.get(authority) {
            return known;
        }
        let fresh = || Ok::<_, BoxError>(Breaker::new("the host", self.config.clone()));
        // Two who meet a host for the first time get the same breaker.
        self.breakers
            .get_or_insert_with(authority, fresh)
            .unwrap_or_else(|_| Breaker::new("the host", self.config.clone()))
    }
}

impl Service<Request<Body>> for PerHost {
    type Response = Response;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let authority = request.uri().authority().map(|authority| authority.as_str().to_ascii_lowercase());
        let ticket = match self.breaker(&authority.unwrap_or_default()).admit() {
            Ok(ticket) => ticket,
            Err(rejected) => return async move { Err(rejected.into()) }.boxed(),
        };
        let calling = self.inner.call(request);
        let limit = self.limit;
        async move {
            let result = tokio::time::timeout(limit, calling).await;
            let result = result.unwrap_or_else(|_| Err(OutgoingError::Timeout(limit).into()));
            // What was never called says nothing of its health.
            let refused = result.as_ref().err().is_some_and(|error| {
                find::<Guard>(&**error).is_some() || find::<crate::resilience::Rejected>(&**error).is_some()
            });
            let outcome = if refused { Outcome::Neither } else { HttpFailures.outcome(result.as_ref()) };
            ticket.settle(outcome);
            result
        }
        .boxed()
    }
}
