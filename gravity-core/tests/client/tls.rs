//! TLS for real, under a certificate authority made for the test.

use std::convert::Infallible;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gravity_core::http::Body;
use gravity_core::http::client::{ClientConfig, ClientError};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use crate::serve::Server;

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        let certificate: &rcgen::Certificate = self.0.as_ref();
        let text = STANDARD.encode(certificate.der());
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    }

    /// A server with a certificate for this name, which answers with the HTTP version of the call.
    async fn serve(&self, name: &str, protocols: &[&str]) -> Server {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Server::start(move |stream, _| {
            let acceptor = acceptor.clone();
            async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = service_fn(|request: http::Request<hyper::body::Incoming>| async move {
                    if request.uri().path() == "/never" {
                        let _guard = Guard;
                        BEGAN.add_permits(1);
                        std::future::pending::<()>().await;
                    }
                    let version = format!("\"{:?}\"", request.version());
                    Ok::<_, Infallible>(http::Response::new(Body::from(version)))
                });
                let _ = auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            }
        })
        .await
    }
}

static BEGAN: Semaphore = Semaphore::const_new(0);
static DROPPED: Semaphore = Semaphore::const_new(0);

struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        DROPPED.add_permits(1);
    }
}

fn url(server: &Server, host: &str) -> String {
    format!("https://{host}:{}", server.address.port())
}

#[tokio::test]
async fn a_known_authority_is_trusted_and_the_best_http_spoken() {
    let authority = Authority::new();
    let config = ClientConfig::new().with_root_certificates(authority.pem());
    for (protocols, version) in
        [(&["h2", "http/1.1"][..], "HTTP/2.0"), (&["http/1.1"][..], "HTTP/1.1"), (&[][..], "HTTP/1.1")]
    {
        let server = authority.serve("localhost", protocols).await;
        let client = config.clone().connect(&url(&server, "localhost")).unwrap();
        for _ in 0..5 {
            assert_eq!(client.get("/").send::<String>().await.unwrap(), version);
        }
        assert_eq!(server.accepted(), 1, "{version}");
    }
}

#[tokio::test]
async fn many_calls_share_one_connection_over_http_2() {
    let authority = Authority::new();
    let server = authority.serve("localhost", &["h2"]).await;
    let config = ClientConfig::new().with_root_certificates(authority.pem());
    let client = config.connect(&url(&server, "localhost")).unwrap();
    assert_eq!(client.get("/").send::<String>().await.unwrap(), "HTTP/2.0");
    let calls: Vec<_> = (0..50).map(|_| client.post("/").json(&1).send::<String>()).collect();
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.unwrap(), "HTTP/2.0");
    }
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_dropped_call_gives_up_its_stream_and_not_the_connection() {
    let authority = Authority::new();
    let server = authority.serve("localhost", &["h2"]).await;
    let config = ClientConfig::new().with_root_certificates(authority.pem());
    let client = config.connect(&url(&server, "localhost")).unwrap();
    tokio::select! {
        _ = client.get("/never").send_empty() => panic!("answered"),
        began = BEGAN.acquire() => began.unwrap().forget(),
    }
    DROPPED.acquire().await.unwrap().forget();
    assert_eq!(client.get("/").send::<String>().await.unwrap(), "HTTP/2.0");
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn an_unknown_authority_and_a_wrong_name_are_refused_at_once() {
    let (known, unknown) = (Authority::new(), Authority::new());
    let config = ClientConfig::new().with_root_certificates(known.pem());
    let stranger = unknown.serve("localhost", &["h2"]).await;
    let other = known.serve("other.example.com", &["h2"]).await;
    for server in [stranger, other] {
        let client = config.clone().connect(&url(&server, "localhost")).unwrap();
        let error = client.get("/").send::<String>().await.unwrap_err();
        assert!(matches!(error, ClientError::Connect(_)), "{error:?}");
        assert!(!error.is_retryable(), "{error:?}");
        assert_eq!(server.accepted(), 1, "it is not tried again");
    }
}

#[tokio::test]
async fn a_plain_server_is_no_tls_server() {
    let server = Server::start(|_, _| async {}).await;
    let authority = Authority::new();
    let config = ClientConfig::new().with_root_certificates(authority.pem());
    let error = config.connect(&url(&server, "localhost")).unwrap().get("/").send::<u8>().await.unwrap_err();
    assert!(matches!(error, ClientError::Connect(_)) && error.is_retryable(), "{error:?}");
    assert_eq!(server.accepted(), 3, "a handshake that broke off may work the next time");
}
