//! The client for addresses that users give: what it refuses, and what it makes of servers that mean harm.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gravity_core::Metrics;
use gravity_core::resilience::BreakerConfig;
use gravity_core::resilience::outgoing::{OutgoingClient, OutgoingConfig, OutgoingError, Resolve};
use http::{HeaderMap, HeaderValue, Request};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Says something else each time it is asked; the last answer stays.
#[derive(Debug, Clone, Default)]
struct Names(Arc<Mutex<VecDeque<Vec<IpAddr>>>>, Arc<AtomicUsize>);

impl Names {
    fn new(answers: &[&str]) -> Self {
        let addresses = |answer: &&str| answer.split(' ').map(|text| text.parse().unwrap()).collect();
        Self(Arc::new(Mutex::new(answers.iter().map(addresses).collect())), Arc::default())
    }

    fn asked(&self) -> usize {
        self.1.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Resolve for Names {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.1.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.0.lock().unwrap();
        if name.starts_with("nowhere") {
            return Err(io::Error::other("no such name"));
        }
        Ok(if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() })
    }
}

/// A server that answers each request with the text that the function makes of its head, and keeps the heads.
struct Server {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(answer: impl Fn(&str, u16) -> String + Send + Sync + 'static) -> Self {
        Self::speaking(move |mut stream: TcpStream, head: String, port| {
            let answer = answer(&head, port);
            async move {
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        })
        .await
    }

    async fn speaking<F>(speak: impl Fn(TcpStream, String, u16) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = Arc::clone(&heads);
        let speak = Arc::new(speak);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (kept, speak) = (Arc::clone(&kept), Arc::clone(&speak));
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        let Ok(byte) = stream.read_u8().await else { return };
                        head.push(byte);
                    }
                    let head = String::from_utf8(head).unwrap();
                    kept.lock().unwrap().push(head.clone());
                    speak(stream, head, address.port()).await;
                });
            }
        });
        Self { address, heads }
    }

    fn port(&self) -> u16 {
        self.address.port()
    }

    fn url(&self, host: &str) -> String {
        format!("http://{host}:{}/start", self.port())
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// A client that may call this server at 127.0.0.1, and nowhere else inside.
    fn config(&self, names: &Names) -> OutgoingConfig {
        OutgoingConfig::new()
            .with_ports([self.port()])
            .allow_network("127.0.0.1/32")
            .unwrap()
            .with_resolver(names.clone())
    }

    fn client(&self, names: &Names) -> OutgoingClient {
        self.config(names).build().unwrap()
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn redirect(status: u16, location: &str) -> String {
    format!("HTTP/1.1 {status} Go\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

#[tokio::test]
async fn a_name_is_resolved_once_and_the_address_that_was_seen_is_called() {
    let server = Server::start(|_, _| ok("hello")).await;
    // A name that changes its address: the first answer may be called, the second may not.
    let names = Names::new(&["127.0.0.1", "127.0.0.2"]);
    let client = server.client(&names);
    let url = server.url("rebinding.example");
    assert_eq!(client.get(&url).await.unwrap().body(), "hello");
    assert_eq!(names.asked(), 1, "nothing was resolved between the look and the call");
    assert!(matches!(client.get(&url).await, Err(OutgoingError::Forbidden)));
    assert_eq!(server.heads().len(), 1);
    // What was fine when it was checked is looked at again when it is called.
    let names = Names::new(&["127.0.0.1", "169.254.169.254"]);
    let client = server.client(&names);
    client.check(&url).await.unwrap();
    assert!(matches!(client.get(&url).await, Err(OutgoingError::Forbidden)));
}

#[tokio::test]
async fn what_lies_inside_is_not_called() {
    let server = Server::start(|_, _| ok("secret")).await;
    for addresses in [
        "127.0.0.2",
        "10.0.0.1",
        "169.254.169.254",
        "::1",
        "::",
        "0.0.0.0",
        "::ffff:127.0.0.2",
        "64:ff9b::7f00:2",
        "2002:7f00:2::1",
        "fd00::1",
        // One that is public does not excuse the other.
        "127.0.0.1 127.0.0.2",
        "1.1.1.1 ::ffff:10.0.0.1",
    ] {
        let client = server.client(&Names::new(&[addresses]));
        let error = client.get(&server.url("inside.example")).await.unwrap_err();
        assert!(matches!(error, OutgoingError::Forbidden), "{addresses}: {error:?}");
        let text = format!("{error} {error:?}");
        assert!(addresses.split(' ').all(|address| !text.contains(address)), "{text}");
        assert!(!error.is_retryable());
    }
    let client = server.client(&Names::new(&["127.0.0.1"]));
    for host in ["127.0.0.2", "[::1]", "[::ffff:127.0.0.2]", "[64:ff9b::10.0.0.1]", "169.254.169.254"] {
        let url = server.url(host);
        assert!(matches!(client.get(&url).await, Err(OutgoingError::Forbidden)), "{url}");
        assert!(matches!(client.check(&url).await, Err(OutgoingError::Forbidden)), "{url}");
    }
    for url in [
        server.url("2130706433"),
        server.url("0x7f.1"),
        server.url("127.1"),
        server.url("0177.0.0.1"),
        server.url("user@127.0.0.1"),
        "http://example.com:22".to_owned(),
        "ftp://example.com".to_owned(),
        "nonsense".to_owned(),
    ] {
        assert!(matches!(client.get(&url).await, Err(OutgoingError::Invalid(_))), "{url}");
    }
    assert!(server.heads().is_empty());
    // Both kinds of failure say the same to whoever gave the address.
    let nowhere = client.get(&server.url("nowhere.example")).await.unwrap_err();
    assert!(matches!(nowhere, OutgoingError::Unreachable(_)), "{nowhere:?}");
    assert_eq!(nowhere.to_string(), OutgoingError::Forbidden.to_string());
    // A mapped address of one that may be called may be called.
    assert_eq!(client.get(&server.url("[::ffff:127.0.0.1]")).await.unwrap().body(), "secret");
}

#[tokio::test]
async fn every_redirect_is_looked_at() {
    let server = Server::start(|head, port| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        match path {
            "/start" => redirect(302, "/next?a=1"),
            "/next?a=1" => ok("there"),
            "/loop" => redirect(307, "loop"),
            "/metadata" => redirect(301, &format!("http://169.254.169.254:{port}/latest/meta-data")),
            "/inside" => redirect(301, &format!("http://127.0.0.2:{port}/")),
            "/mapped" => redirect(301, &format!("http://[::ffff:127.0.0.2]:{port}/")),
            "/name" => redirect(301, &format!("//inside.example:{port}/")),
            "/odd" => redirect(301, &format!("http://0x7f.2:{port}/")),
            "/file" => redirect(301, "file:///etc/passwd"),
            "/port" => redirect(301, "http://127.0.0.1:22/"),
            _ => redirect(302, "http://[broken"),
        }
    })
    .await;
    let client = server.client(&Names::new(&["127.0.0.1", "127.0.0.2"]));
    let url = |path: &str| format!("http://127.0.0.1:{}{path}", server.port());
    assert_eq!(client.get(&url("/start")).await.unwrap().body(), "there");
    assert!(matches!(client.get(&url("/loop")).await, Err(OutgoingError::Redirect("too often"))));
    for path in ["/metadata", "/inside", "/mapped"] {
        let result = client.get(&url(path)).await;
        assert!(matches!(result, Err(OutgoingError::Forbidden)), "{path}: {result:?}");
    }
    // The name leads to 127.0.0.1 at first, and inside the second time.
    assert!(client.get(&url("/name")).await.is_err());
    assert!(matches!(client.get(&url("/name")).await, Err(OutgoingError::Forbidden)));
    for path in ["/odd", "/file", "/port"] {
        let result = client.get(&url(path)).await;
        let refused = matches!(result, Err(OutgoingError::Invalid(_) | OutgoingError::Redirect(_)));
        assert!(refused, "{path}: {result:?}");
    }
    assert!(matches!(client.get(&url("/broken")).await, Err(OutgoingError::Redirect(_))));
    let unfollowed = server.config(&Names::default()).with_redirects(0).build().unwrap();
    assert_eq!(unfollowed.get(&url("/metadata")).await.unwrap().status(), 301);
}

#[tokio::test]
async fn what_goes_along_with_a_redirect() {
    let server = Server::start(|head, port| {
        let other = format!("http://other.example:{port}/end");
        match head.split(' ').nth(1).unwrap_or_default() {
            "/same" => redirect(307, "/end"),
            "/302" => redirect(302, "/end"),
            "/303" => redirect(303, "/end"),
            "/other" => redirect(308, &other),
            _ => ok("end"),
        }
    })
    .await;
    let client = server.client(&Names::new(&["127.0.0.1"]));
    let send = async |path: &str| {
        let mut headers = HeaderMap::new();
        for name in ["authorization", "cookie", "x-api-key", "x-harmless", "host"] {
            headers.insert(name, HeaderValue::from_static("value"));
        }
        let mut secret = HeaderValue::from_static("value");
        secret.set_sensitive(true);
        headers.insert("x-own-secret", secret);
        headers.insert("content-type", HeaderValue::from_static("text/plain"));
        let url = format!("http://first.example:{}{path}", server.port());
        client.post(&url, headers, "body").await.unwrap();
        server.heads().last().unwrap().to_ascii_lowercase()
    };
    let same = send("/same").await;
    assert!(same.starts_with("post /end ") && same.contains("content-length: 4"), "{same}");
    assert!(same.contains("authorization: value") && same.contains("x-own-secret: value"), "{same}");
    assert!(same.contains("host: first.example") && !same.contains("host: value"), "{same}");
    assert!(same.contains("accept-encoding: identity"), "{same}");
    let other = send("/other").await;
    assert!(other.starts_with("post /end ") && other.contains("host: other.example"), "{other}");
    assert!(other.contains("x-harmless: value"), "{other}");
    for name in ["authorization", "cookie", "x-api-key", "x-own-secret"] {
        assert!(!other.contains(name), "{other}");
    }
    for path in ["/302", "/303"] {
        let get = send(path).await;
        assert!(get.starts_with("get /end ") && !get.contains("content-"), "{get}");
    }
}

#[tokio::test]
async fn answers_have_a_size_and_a_time() {
    let huge = Server::start(|_, _| ok(&"x".repeat(5000))).await;
    let client = huge.config(&Names::default()).with_max_response(4999).build().unwrap();
    let result = client.get(&huge.url("127.0.0.1")).await;
    assert!(matches!(result, Err(OutgoingError::TooLarge { limit: 4999 })), "{result:?}");
    // One that states no size and does not end.
    let endless = Server::speaking(async |mut stream: TcpStream, _, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    })
    .await;
    let result = endless.client(&Names::default()).get(&endless.url("127.0.0.1")).await;
    assert!(matches!(result, Err(OutgoingError::TooLarge { .. })), "{result:?}");
    // A head that does not end.
    let head = Server::speaking(async |mut stream: TcpStream, _, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        while stream.write_all(b"x-more: and more and more\r\n").await.is_ok() {}
    })
    .await;
    let result = head.client(&Names::default()).get(&head.url("127.0.0.1")).await;
    assert!(matches!(result, Err(OutgoingError::Broken(_))), "{result:?}");
    // One byte now and then, in the body, and in the head.
    for begin in ["HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", "HTTP/1.1 200 OK\r\nx-slow: "] {
        let drip = Server::speaking(async move |mut stream: TcpStream, _, _| {
            let _ = stream.write_all(begin.as_bytes()).await;
            while stream.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        let limit = Duration::from_millis(300);
        let client = drip.config(&Names::default()).with_timeout(limit).build().unwrap();
        let result = client.get(&drip.url("127.0.0.1")).await;
        assert!(matches!(result, Err(OutgoingError::Timeout(_))), "{result:?}");
    }
}

#[tokio::test]
async fn an_address_that_does_not_answer_does_not_hide_one_that_does() {
    let server = Server::start(|_, _| ok("hello")).await;
    // Nobody listens at the first two; one of them refuses, one is of a family that may not be there.
    let names = Names::new(&["127.0.0.3 ::1 127.0.0.1"]);
    let config = server.config(&names).allow_network("127.0.0.3").unwrap().allow_network("::1").unwrap();
    assert_eq!(config.build().unwrap().get(&server.url("many.example")).await.unwrap().body(), "hello");
    let names = Names::new(&["127.0.0.3"]);
    let metrics = Metrics::new();
    let config = server.config(&names).allow_network("127.0.0.3").unwrap().with_metrics(&metrics);
    let client = config.with_breaker(BreakerConfig::new().with_failures(2)).build().unwrap();
    for _ in 0..2 {
        let error = client.get(&server.url("dead.example")).await.unwrap_err();
        assert!(matches!(error, OutgoingError::Unreachable(_)) && error.is_retryable(), "{error:?}");
        assert!(!error.to_string().contains("127"), "{error}");
    }
    let error = client.get(&server.url("dead.example")).await.unwrap_err();
    assert!(matches!(error, OutgoingError::Rejected(_)), "{error:?}");
    let other = client.get(&server.url("other.example")).await.unwrap_err();
    assert!(matches!(other, OutgoingError::Unreachable(_)), "each host has a breaker of its own");
    let text = metrics.render();
    assert!(text.contains("outgoing_calls_total{outcome=\"unreachable\"} 3"), "{text}");
    assert!(text.contains("outgoing_calls_total{outcome=\"rejected\"} 1"), "{text}");
}

#[tokio::test]
async fn https_only_means_it_from_the_first_call_on() {
    let server = Server::start(|_, _| ok("plain")).await;
    let client = server.config(&Names::default()).https_only().build().unwrap();
    let result = client.send(Request::get(server.url("127.0.0.1")).body("".into()).unwrap()).await;
    assert!(matches!(result, Err(OutgoingError::Invalid(_))), "{result:?}");
    assert!(server.heads().is_empty());
}

/// A server over TLS for one name, whose certificate vouches for itself; it answers with what the function makes of a
/// request's head.
async fn secure(name: &str, answer: impl Fn(&str, u16) -> String + Send + Sync + 'static) -> (u16, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new([name.to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let text = STANDARD.encode(certificate.der());
    let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let Ok(byte) = stream.read_u8().await else { break };
                head.push(byte);
            }
            let _ = stream.write_all(answer(&String::from_utf8_lossy(&head), port).as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (port, pem)
}

#[tokio::test]
async fn over_tls_the_name_is_vouched_for_and_the_address_is_the_one_that_was_seen() {
    let plain = Server::start(|_, _| ok("in the clear")).await;
    let clear = plain.url("plain.example");
    let (port, pem) = secure("secure.example", move |head, _| {
        if head.starts_with("GET /down ") { redirect(302, &clear) } else { ok("sealed") }
    })
    .await;
    let config = |names: &Names| {
        let ports = [port, plain.port()];
        OutgoingConfig::new()
            .with_ports(ports)
            .allow_network("127.0.0.1/32")
            .unwrap()
            .with_resolver(names.clone())
            .with_retries(0)
    };
    let names = Names::new(&["127.0.0.1"]);
    let trusting = config(&names).with_root_certificates(pem.clone()).build().unwrap();
    let url = |host: &str, path: &str| format!("https://{host}:{port}{path}");
    assert_eq!(trusting.get(&url("secure.example", "/")).await.unwrap().body(), "sealed");
    assert_eq!(names.asked(), 1);
    // Another name at the same address, an address instead of the name, nobody who vouches, no TLS at all.
    for (client, url) in [
        (&trusting, url("other.example", "/")),
        (&trusting, url("127.0.0.1", "/")),
        (&config(&names).build().unwrap(), url("secure.example", "/")),
        (&trusting, format!("https://secure.example:{}/", plain.port())),
    ] {
        let error = client.get(&url).await.unwrap_err();
        assert!(matches!(error, OutgoingError::Unreachable(_)), "{url}: {error:?}");
        assert!(!error.to_string().contains("127.0.0"), "{error}");
    }
    assert!(plain.heads().is_empty());
    // What was sealed does not go on in the clear, unless that is asked for.
    let down = url("secure.example", "/down");
    assert!(matches!(trusting.get(&down).await, Err(OutgoingError::Redirect(_))));
    assert!(plain.heads().is_empty());
    let lenient = config(&names).with_root_certificates(pem.clone()).allow_downgrades().build().unwrap();
    assert_eq!(lenient.get(&down).await.unwrap().body(), "in the clear");
    // A certificate that is right makes no address right.
    let names = Names::new(&["127.0.0.2"]);
    let inside = config(&names).with_root_certificates(pem).build().unwrap();
    let result = inside.get(&url("secure.example", "/")).await;
    assert!(matches!(result, Err(OutgoingError::Forbidden)), "{result:?}");
}
