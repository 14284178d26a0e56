//! [`Transport`]: what carries a request to its service: a function call, or a pool of connections.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Buf;
use futures_util::future::BoxFuture;
use http::{Request, Response, Uri};
use hyper::rt::{Read, Write};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceExt};

use super::config::ClientConfig;
use super::error::ClientError;
use crate::http::body::{Body, BoxError};

/// What a client's layers stand around: a service whose type is forgotten.
pub type Transport = BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>;

pub(crate) fn erase<S, B>(service: S) -> Transport
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
    B: http_body::Body<Data: Buf> + Send + 'static,
    B::Error: Into<BoxError>,
{
    BoxCloneSyncService::new(
        service.map_response(|response| response.map(Body::new)).map_err(Into::<BoxError>::into),
    )
}

/// Connections to another machine, kept and shared.
pub(super) fn remote(config: &ClientConfig, secure: bool) -> Result<Transport, ClientError> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(Duration::from_mins(1)));
    // A plain address never needs the system's certificates, which take a while to read.
    let roots = if secure { roots(&config.roots)? } else { RootCertStore::empty() };
    let pool = Pool {
        connect_timeout: config.connect_timeout,
        idle_per_host: config.idle_per_host,
        idle_timeout: config.idle_timeout,
        https_only: secure,
    };
    pool.over(tcp, roots)
}

/// How connections are made and kept.
pub(crate) struct Pool {
    pub(crate) connect_timeout: Duration,
    pub(crate) idle_per_host: usize,
    pub(crate) idle_timeout: Duration,
    pub(crate) https_only: bool,
}

impl Pool {
    /// Connections that this connector makes, with TLS where the address says so.
    pub(crate) fn over<T>(&self, tcp: T, roots: RootCertStore) -> Result<Transport, ClientError>
    where
        T: Service<Uri, Error: Into<BoxError>, Future: Send + 'static> + Clone + Send + Sync + 'static,
        T::Response: Connection + Read + Write + Send + Unpin + 'static,
    {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| ClientError::Connect(error.into()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let schemes = HttpsConnectorBuilder::new().with_tls_config(tls);
        let schemes = if self.https_only { schemes.https_only() } else { schemes.https_or_http() };
        let https = schemes.enable_all_versions().wrap_connector(tcp);
        let connector = Connector { https, timeout: self.connect_timeout };
        let client = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(self.idle_per_host)
            .pool_idle_timeout(self.idle_timeout)
            .http1_max_buf_size(MAX_HEAD)
            .http2_max_header_list_size(MAX_HEAD_OF_HTTP2)
            // One HTTP/2 connection carries every call: its silent death must be noticed.
            .http2_keep_alive_interval(Duration::from_secs(20))
            .http2_keep_alive_timeout(Duration::from_secs(10))
            .build(connector);
        Ok(erase(client))
    }
}

/// The longest head of an answer.
const MAX_HEAD: usize = 64 * 1024;
const MAX_HEAD_OF_HTTP2: u32 = 64 * 1024;

/// Whom to trust: what the system trusts, and what was configured.
pub(crate) fn roots(extra: &[Vec<u8>]) -> Result<RootCertStore, ClientError> {
    let mut roots = RootCertStore::empty();
    // Some systems keep certificates that nobody can read; the others still count.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let unfit = || ClientError::Invalid("a root certificate is not a certificate in PEM".to_owned());
    for pem in extra {
        let mut found = false;
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.add(certificate.map_err(|_| unfit())?).map_err(|_| unfit())?;
            found = true;
        }
        if !found {
            return Err(unfit());
        }
    }
    if roots.is_empty() {
        return Err(ClientError::Invalid(
            "the system has no root certificates, and none are configured: no server could be trusted"
                .to_owned(),
        ));
    }
    Ok(roots)
}

/// Finds, reaches and trusts the server within one time limit.
#[derive(Clone)]
struct Connector<T> {
    https: HttpsConnector<T>,
    timeout: Duration,
}

impl<T> Service<Uri> for Connector<T>
where
    T: Service<Uri, Error: Into<BoxError>, Future: Send + 'static>,
    T::Response: Connection + Read + Write + Send + Unpin + 'static,
{
    type Response = MaybeHttpsStream<T::Response>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.https.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (connecting, timeout) = (self.https.call(uri), self.timeout);
        Box::pin(async move {
            tokio::time::timeout(timeout, connecting)
                .await
                .unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
        })
    }
}
