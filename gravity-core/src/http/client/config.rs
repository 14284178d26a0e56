//! [`ClientConfig`]: how a client calls.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Buf;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Request, Response};
use tower::{Layer, Service};

use super::base::Base;
use super::error::ClientError;
use super::handle::Client;
use super::transport::{self, Transport};
use crate::http::body::{Body, BoxError};
use crate::http::routes::Routes;

/// How a client calls: times, retries, limits, and the headers that go with every call.
///
/// ```
/// use std::time::Duration;
/// use gravity_core::http::client::{ClientConfig, ClientError};
///
/// # fn main() -> Result<(), ClientError> {
/// let client = ClientConfig::new()
///     .with_timeout(Duration::from_secs(30))
///     .with_bearer("the token")
///     .connect("http://payments.internal:8080/v1")?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct ClientConfig {
    pub(super) connect_timeout: Duration,
    pub(super) timeout: Duration,
    pub(super) stall_timeout: Duration,
    pub(super) idle_per_host: usize,
    pub(super) idle_timeout: Duration,
    pub(super) retries: u32,
    pub(super) max_response: u64,
    pub(super) roots: Vec<Vec<u8>>,
    pub(super) headers: HeaderMap,
    layer: Option<LayerFn>,
    invalid: Option<String>,
}

/// Puts a layer around a transport; the layer's types are forgotten.
type LayerFn = Arc<dyn Fn(Transport) -> Transport + Send + Sync>;

impl Default for ClientConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl ClientConfig {
    /// The defaults, as each method names them.
    pub fn new() -> Self {
        let agent = HeaderValue::from_static(concat!("gravity/", env!("CARGO_PKG_VERSION")));
        Self {
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(5),
            stall_timeout: Duration::from_secs(20),
            idle_per_host: 32,
            idle_timeout: Duration::from_mins(1),
            retries: 2,
            max_response: 16 * 1024 * 1024,
            roots: Vec::new(),
            headers: HeaderMap::from_iter([(USER_AGENT, agent)]),
            layer: None,
            invalid: None,
        }
    }

    /// How long it may take to find, reach and, under TLS, trust the server (5 s).
    #[must_use]
    pub fn with_connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// How long a call may take: all its tries, the waits between them and the reading of its answer
    /// (5 s). [`Call::send_raw`](super::Call::send_raw) counts only until the answer's body begins.
    #[must_use]
    pub fn with_timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// How long a streamed answer may stand still between two pieces (20 s).
    #[must_use]
    pub fn with_stall_timeout(mut self, time: Duration) -> Self {
        self.stall_timeout = time;
        self
    }

    /// How many idle connections are kept for the next call (32).
    #[must_use]
    pub fn with_idle_per_host(mut self, connections: usize) -> Self {
        self.idle_per_host = connections;
        self
    }

    /// How long an idle connection is kept (60 s). Choose less than the server's own patience.
    #[must_use]
    pub fn with_idle_timeout(mut self, time: Duration) -> Self {
        self.idle_timeout = time;
        self
    }

    /// How often a call is tried again after its first try (2). None at 0.
    #[must_use]
    pub fn with_retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// The largest answer that is read into memory, in bytes (16 MiB). Streamed ones have no limit.
    #[must_use]
    pub fn with_max_response(mut self, bytes: u64) -> Self {
        self.max_response = bytes;
        self
    }

    /// Trusts these certificate authorities too, in PEM, beside those that the system trusts.
    #[must_use]
    pub fn with_root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// What the client calls itself (`gravity/VERSION`).
    #[must_use]
    pub fn with_user_agent(self, agent: &str) -> Self {
        self.with_header(USER_AGENT, agent)
    }

    /// A header of every call. It never prints.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        match secret(value) {
            Some(value) => {
                self.headers.insert(name, value);
            }
            None => self.refuse(&name),
        }
        self
    }

    /// Signs every call with this token. It never prints.
    #[must_use]
    pub fn with_bearer(mut self, token: &str) -> Self {
        match bearer(token) {
            Some(value) => {
                self.headers.insert(AUTHORIZATION, value);
            }
            None => self.refuse(&AUTHORIZATION),
        }
        self
    }

    /// Signs every call with this API key, in the header that the server reads it from. It never prints.
    #[must_use]
    pub fn with_api_key(self, header: HeaderName, key: &str) -> Self {
        self.with_header(header, key)
    }

    /// Puts a tower layer around every try: a circuit breaker, metrics, a signature. A later layer goes
    /// around the earlier ones. An error of the layer's own is a [`ClientError::Io`], unless it is a
    /// [`ClientError`] already.
    #[must_use]
    pub fn with_layer<L, B>(mut self, layer: L) -> Self
    where
        L: Layer<Transport> + Send + Sync + 'static,
        L::Service: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request<Body>>>::Error: Into<BoxError>,
        <L::Service as Service<Request<Body>>>::Future: Send + 'static,
        B: http_body::Body<Data: Buf> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let inner = self.layer.take();
        self.layer =
            Some(Arc::new(move |transport| transport::erase(layer.layer(around(inner.as_ref(), transport)))));
        self
    }

    fn refuse(&mut self, name: &HeaderName) {
        self.invalid = Some(format!("the value of the header {name} holds a byte that no header may hold"));
    }

    /// A client of the service at this address, `http` or `https`; the paths of its calls go below
    /// the address's own path. Nothing is sent yet.
    ///
    /// Connections are kept and shared, over HTTP/2 where TLS agrees on it, else HTTP/1.1. Fails when
    /// the address or what was configured is not valid. For `https` it reads the system's certificates:
    /// make a client once, and clone it.
    pub fn connect(self, url: &str) -> Result<Client, ClientError> {
        let base = Base::parse(url)?;
        let transport = transport::remote(&self, base.is_https())?;
        self.finish(transport, base)
    }

    /// A client of these routes, in this process and without a socket.
    pub fn in_process(self, routes: Routes) -> Result<Client, ClientError> {
        self.over(routes)
    }

    /// A client of any tower service. Requests carry the path alone, and `Host: localhost`.
    pub fn over<S, B>(self, service: S) -> Result<Client, ClientError>
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send + 'static,
        B: http_body::Body<Data: Buf> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.finish(transport::erase(service), Base::local())
    }

    fn finish(self, transport: Transport, base: Base) -> Result<Client, ClientError> {
        let transport = around(self.layer.as_ref(), transport);
        match self.invalid {
            Some(reason) => Err(ClientError::Invalid(reason)),
            None => Ok(Client::new(transport, base, &self)),
        }
    }
}

fn around(layer: Option<&LayerFn>, transport: Transport) -> Transport {
    match layer {
        Some(layer) => layer(transport),
        None => transport,
    }
}

/// A header value that `Debug` hides and HTTP/2 keeps out of its compression table.
pub(super) fn secret(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

pub(super) fn bearer(token: &str) -> Option<HeaderValue> {
    secret(&format!("Bearer {token}"))
}

impl fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientConfig")
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .field("stall_timeout", &self.stall_timeout)
            .field("idle_per_host", &self.idle_per_host)
            .field("idle_timeout", &self.idle_timeout)
            .field("retries", &self.retries)
            .field("max_response", &self.max_response)
            .field("headers", &self.headers.keys())
            .finish_non_exhaustive()
    }
}
