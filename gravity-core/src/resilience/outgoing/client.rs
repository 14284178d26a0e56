//! [`OutgoingClient`]: calls addresses that users give.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, HOST, HeaderValue, LOCATION, USER_AGENT};
use http::{HeaderMap, Method, Request, Uri};
use tower::{Layer, ServiceExt};

use super::config::OutgoingConfig;
use super::connect::{Guarded, Policy};
use super::error::{Guard, OutgoingError};
use super::hosts::PerHost;
use super::redirect::{drop_body, drop_credentials, follow, is_redirect, other_method, same_origin};
use crate::Metrics;
use crate::http::body::CollectError;
use crate::http::client::{Pool, Transport, erase, find, roots};
use crate::http::{Body, Response};
use crate::resilience::metrics::OUTGOING;
use crate::resilience::{BulkheadLayer, Rejected, RetryLayer};

/// Calls addresses that users give, and never one inside; see the [module](super). Cheap to clone: clones
/// share connections, places and breakers.
///
/// ```no_run
/// use gravity_core::resilience::outgoing::{OutgoingConfig, OutgoingError};
///
/// # async fn example() -> Result<(), OutgoingError> {
/// let client = OutgoingConfig::new().build()?;
/// let picture = client.get("https://example.com/picture.png").await?;
/// println!("{} and {} bytes", picture.status(), picture.body().len());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct OutgoingClient(Arc<Inner>);

struct Inner {
    transport: Transport,
    policy: Arc<Policy>,
    redirects: u32,
    downgrades: bool,
    timeout: Duration,
    max_response: u64,
    agent: HeaderValue,
    metrics: Option<Metrics>,
}

impl OutgoingClient {
    pub(super) fn new(config: OutgoingConfig) -> Result<Self, OutgoingError> {
        let policy = Arc::new(config.policy());
        let pool = Pool {
            connect_timeout: config.connect_timeout,
            idle_per_host: 4,
            idle_timeout: Duration::from_secs(30),
            https_only: config.https_only,
        };
        let transport = pool.over(Guarded(Arc::clone(&policy)), roots(&config.roots)?)?;
        let (waiting, wait) = config.waiting;
        let bulkhead = BulkheadLayer::new("the outgoing client", config.calls).with_queue(waiting, wait);
        let transport = PerHost::new(erase(bulkhead.layer(transport)), config.breaker, config.try_timeout);
        let retry = RetryLayer::new(config.retries)
            .with_retryable(|error| find::<Guard>(&**error).is_none() && !error.is::<Rejected>());
        let agent = HeaderValue::try_from(config.agent)
            .map_err(|_| OutgoingError::Invalid("has a user agent that no header may hold"))?;
        Ok(Self(Arc::new(Inner {
            transport: erase(retry.layer(transport)),
            policy,
            redirects: config.redirects,
            downgrades: config.downgrades,
            timeout: config.timeout,
            max_response: config.max_response,
            agent,
            metrics: config.metrics,
        })))
    }

    /// Whether a URL may be called, as far as it can be told now: what it is, and the addresses that its name
    /// has. To tell a user at once; a call looks again.
    pub async fn check(&self, url: &str) -> Result<(), OutgoingError> {
        let target = self.0.policy.look_at(&parse(url)?)?;
        let looking = self.0.policy.addresses(&target);
        match tokio::time::timeout(self.0.timeout, looking).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => match find::<Guard>(&*error) {
                Some(guard) => Err((*guard).into()),
                None => Err(OutgoingError::Unreachable(error)),
            },
            Err(_) => Err(OutgoingError::Timeout(self.0.timeout)),
        }
    }

    /// `GET url`.
    pub async fn get(&self, url: &str) -> Result<http::Response<Bytes>, OutgoingError> {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = parse(url)?;
        self.send(request).await
    }

    /// `POST url`, with these headers: a webhook.
    pub async fn post(
        &self,
        url: &str,
        headers: HeaderMap,
        body: impl Into<Body>,
    ) -> Result<http::Response<Bytes>, OutgoingError> {
        let mut request = Request::new(body.into());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = parse(url)?;
        *request.headers_mut() = headers;
        self.send(request).await
    }

    /// Sends a request whose URI is a complete URL, and reads the whole answer, whatever its status.
    ///
    /// A header that is marked as sensitive goes to no other origin when there is a redirect, and neither do
    /// `Authorization`, `Cookie`, `Proxy-Authorization` and `X-Api-Key`.
    pub async fn send(&self, request: Request<Body>) -> Result<http::Response<Bytes>, OutgoingError> {
        let calling = async {
            let response = self.0.follow(request).await?;
            let (head, body) = response.into_parts();
            let limit = self.0.max_response;
            let body = body.into_bytes(limit).await.map_err(|error| match error {
                CollectError::TooLarge => OutgoingError::TooLarge { limit },
                CollectError::Broken(error) => OutgoingError::Broken(error),
            })?;
            Ok(http::Response::from_parts(head, body))
        };
        let limit = self.0.timeout;
        let result = tokio::time::timeout(limit, calling).await.unwrap_or(Err(OutgoingError::Timeout(limit)));
        self.0.count(&result);
        result
    }
}

fn parse(url: &str) -> Result<Uri, OutgoingError> {
    url.parse().map_err(|_| OutgoingError::Invalid("is not a URL"))
}

impl Inner {
    /// Sends a request, and follows where it leads.
    async fn follow(&self, request: Request<Body>) -> Result<Response, OutgoingError> {
        let (mut head, mut body) = request.into_parts();
        // The name in the URL is the one that is called; another would be for what lies behind a public address.
        head.headers.remove(HOST);
        head.headers.entry(USER_AGENT).or_insert_with(|| self.agent.clone());
        head.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let mut from = self.policy.look_at(&head.uri)?;
        let mut followed = 0;
        loop {
            let again = body.repeat();
            let mut request = Request::new(body);
            *request.method_mut() = head.method.clone();
            *request.uri_mut() = head.uri.clone();
            *request.headers_mut() = head.headers.clone();
            let sending = self.transport.clone().oneshot(request);
            let response = sending.await.map_err(OutgoingError::transport)?;
            if self.redirects == 0 || !is_redirect(response.status()) {
                return Ok(response);
            }
            let Some(location) = response.headers().get(LOCATION) else { return Ok(response) };
            if followed == self.redirects {
                return Err(OutgoingError::Redirect("too often"));
            }
            followed += 1;
            let location = location.to_str().ok().and_then(|location| follow(&head.uri, location));
            head.uri = location.ok_or(OutgoingError::Redirect("to something that is no address"))?;
            let to = self.policy.look_at(&head.uri)?;
            if from.secure && !to.secure && !self.downgrades {
                return Err(OutgoingError::Redirect("from https to http"));
            }
            if !same_origin(&from, &to) {
                drop_credentials(&mut head.headers);
            }
            if let Some(method) = other_method(response.status(), &head.method) {
                head.method = method;
                drop_body(&mut head.headers);
                body = Body::empty();
            } else {
                body = again.ok_or(OutgoingError::Redirect("what can be sent only once"))?;
            }
            from = to;
        }
    }

    fn count<T>(&self, result: &Result<T, OutgoingError>) {
        let Some(metrics) = &self.metrics else { return };
        let outcome = match result {
            Ok(_) => "answered",
            Err(OutgoingError::Invalid(_) | OutgoingError::Forbidden) => "forbidden",
            Err(OutgoingError::Unreachable(_)) => "unreachable",
            Err(OutgoingError::Timeout(_)) => "timeout",
            Err(OutgoingError::TooLarge { .. }) => "too_large",
            Err(OutgoingError::Redirect(_)) => "redirect",
            Err(OutgoingError::Broken(_)) => "broken",
            Err(OutgoingError::Rejected(_)) => "rejected",
        };
        OUTGOING.of(metrics, [outcome]).increment();
    }
}

impl fmt::Debug for OutgoingClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingClient").field("policy", &self.0.policy).finish_non_exhaustive()
    }
}
