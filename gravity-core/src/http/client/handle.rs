//! [`Client`]: the handle that calls start from.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Buf;
use http::header::{AUTHORIZATION, HOST, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use tower::Service;

use super::base::Base;
use super::call::Call;
use super::config::{ClientConfig, bearer};
use super::error::ClientError;
use super::transport::{self, Transport};
use crate::http::body::{Body, BoxError};
use crate::http::request_id::RequestId;
use crate::http::routes::Routes;
use crate::http::{Request, X_REQUEST_ID};
use crate::resilience::RetryBudget;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Calls one service. Cheap to clone: clones share connections and the retry budget.
#[derive(Clone)]
pub struct Client {
    pub(super) shared: Arc<Shared>,
    pub(super) headers: Arc<HeaderMap>,
}

/// What all clones have in common.
pub(super) struct Shared {
    pub(super) transport: Transport,
    pub(super) base: Base,
    pub(super) timeout: Duration,
    pub(super) stall_timeout: Duration,
    pub(super) retries: u32,
    pub(super) max_response: u64,
    pub(super) budget: RetryBudget,
}

impl Client {
    pub(super) fn new(transport: Transport, base: Base, config: &ClientConfig) -> Self {
        let mut headers = config.headers.clone();
        if base.is_local() {
            headers.entry(HOST).or_insert(HeaderValue::from_static("localhost"));
        }
        let shared = Shared {
            transport,
            base,
            timeout: config.timeout,
            stall_timeout: config.stall_timeout,
            retries: config.retries,
            max_response: config.max_response,
            budget: RetryBudget::default(),
        };
        Self { shared: Arc::new(shared), headers: Arc::new(headers) }
    }

    /// A client of the service at this address, with the defaults of [`ClientConfig`].
    pub fn connect(url: &str) -> Result<Self, ClientError> {
        ClientConfig::new().connect(url)
    }

    /// A client of these routes, in this process and without a socket, with the defaults of
    /// [`ClientConfig`].
    pub fn in_process(routes: Routes) -> Self {
        Self::over(routes)
    }

    /// A client of any tower service, with the defaults of [`ClientConfig`].
    pub fn over<S, B>(service: S) -> Self
    where
        S: Service<Request, Response = http::Response<B>> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send + 'static,
        B: http_body::Body<Data: Buf> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self::new(transport::erase(service), Base::local(), &ClientConfig::new())
    }

    /// `GET path`.
    pub fn get(&self, path: &'static str) -> Call {
        self.call(Method::GET, path)
    }

    /// `HEAD path`.
    pub fn head(&self, path: &'static str) -> Call {
        self.call(Method::HEAD, path)
    }

    /// `POST path`.
    pub fn post(&self, path: &'static str) -> Call {
        self.call(Method::POST, path)
    }

    /// `PUT path`.
    pub fn put(&self, path: &'static str) -> Call {
        self.call(Method::PUT, path)
    }

    /// `PATCH path`.
    pub fn patch(&self, path: &'static str) -> Call {
        self.call(Method::PATCH, path)
    }

    /// `DELETE path`.
    pub fn delete(&self, path: &'static str) -> Call {
        self.call(Method::DELETE, path)
    }

    /// A call with any method.
    ///
    /// The path is the part that is known when the program is written, below the client's base; values
    /// follow by [`Call::segment`], so that none can change the path's shape.
    pub fn call(&self, method: Method, path: &'static str) -> Call {
        Call::new(self.clone(), method, path)
    }

    /// The same client, for calls made on behalf of the request with these headers: its
    /// `x-request-id`, `traceparent` and `tracestate` go with them.
    pub fn correlate(&self, request: &HeaderMap) -> Self {
        let mut headers = HeaderMap::clone(&self.headers);
        for name in [TRACEPARENT, TRACESTATE] {
            if let Some(value) = request.get(&name) {
                headers.insert(name, value.clone());
            }
        }
        let id = request.get(X_REQUEST_ID).and_then(|id| RequestId::parse(id.to_str().ok()?));
        if let Some(id) = id {
            headers.insert(X_REQUEST_ID, id.header());
        }
        Self { headers: Arc::new(headers), ..self.clone() }
    }

    /// The same client, with this request id on every call, instead of a new one each.
    pub fn with_request_id(&self, id: &RequestId) -> Self {
        self.with(X_REQUEST_ID, id.header())
    }

    /// The same client, signing every call with this token: to act for the user it belongs to.
    pub fn with_bearer(&self, token: &str) -> Result<Self, ClientError> {
        let value = bearer(token).ok_or_else(|| {
            ClientError::Invalid("the token holds a byte that no header may hold".to_owned())
        })?;
        Ok(self.with(AUTHORIZATION, value))
    }

    fn with(&self, name: HeaderName, value: HeaderValue) -> Self {
        let mut headers = HeaderMap::clone(&self.headers);
        headers.insert(name, value);
        Self { headers: Arc::new(headers), ..self.clone() }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.shared.base).finish_non_exhaustive()
    }
}

impl Shared {
    /// One try.
    pub(super) async fn send(
        &self,
        request: http::Request<Body>,
    ) -> Result<crate::http::Response, ClientError> {
        use tower::ServiceExt;
        let response = self.transport.clone().oneshot(request).await.map_err(ClientError::transport)?;
        super::answer::check(response).await
    }
}
