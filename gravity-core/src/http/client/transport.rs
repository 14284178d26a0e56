//! [`Transport`]: what carries a request to its service: a function call, or a pool of connections.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Buf;
use futures_util::future::BoxFuture;
use http::{Request, Response, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::net::TcpStream;
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceExt};

use super::config::ClientConfig;
use super::error::ClientError;
use crate::http::body::{Body, BoxError};

/// What a client's layers stand around: a service whose type is forgotten.
pub type Transport = BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>;

pub(super) fn erase<S, B>(service: S) -> Transport
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
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| ClientError::Connect(error.into()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let schemes = HttpsConnectorBuilder::new().with_tls_config(tls);
    let schemes = if secure { schemes.https_only() } else { schemes.https_or_http() };
    let https = schemes.enable_all_versions().wrap_connector(tcp);
    let connector = Connector { https, timeout: config.connect_timeout };
    let client = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_max_idle_per_host(config.idle_per_host)
        .pool_idle_timeout(config.idle_timeout)
        // One HTTP/2 connection carries every call: its silent death must be noticed.
        .http2_keep_alive_interval(Duration::from_secs(20))
        .http2_keep_alive_timeout(Duration::from_secs(10))
        .build(connector);
    Ok(erase(client))
}

/// Whom to trust: what the system trusts, and what was configured.
fn roots(extra: &[Vec<u8>]) -> Result<RootCertStore, ClientError> {
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
struct Connector {
    https: HttpsConnector<HttpConnector>,
    timeout: Duration,
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
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
