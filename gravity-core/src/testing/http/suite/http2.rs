//! HTTP/2 by prior knowledge.

use bytes::Bytes;
use futures_util::StreamExt;
use http::{Request, Version};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use super::Probe;
use crate::http::Body;
use crate::testing::http::{Host, Kind};

async fn connect(host: &Host) -> SendRequest<Body> {
    let stream = TcpStream::connect(host.address()).await.expect("a connection");
    let (sender, connection) =
        handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("the host speaks HTTP/2");
    tokio::spawn(connection);
    sender
}

fn request(host: &Host, method: &str, path: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .version(Version::HTTP_2)
        .uri(host.url(path))
        .body(Body::empty())
        .expect("a request")
}

/// Many requests at once on one connection, bodies both ways.
pub async fn many_at_once(host: &Host, _: &Probe) {
    let sender = connect(host).await;
    let all = (0..100).map(|number| {
        let mut sender = sender.clone();
        let mut request = request(host, "POST", "/echo");
        let body = Bytes::from(vec![number; 20_000]);
        *request.body_mut() = Body::new(Full::new(body.clone()));
        async move {
            let response = sender.send_request(request).await.expect("an answer");
            assert_eq!((response.status().as_u16(), response.version()), (200, Version::HTTP_2));
            assert!(response.into_body().collect().await.expect("a body").to_bytes() == body);
        }
    });
    futures_util::stream::iter(all).buffer_unordered(100).count().await;
}

/// The routes see the same as over HTTP/1.
pub async fn the_same_answers(host: &Host, _: &Probe) {
    let mut sender = connect(host).await;
    for (method, path, status) in [
        ("GET", "/hello", 200),
        ("HEAD", "/hello", 200),
        ("GET", "/nowhere", 404),
        ("PUT", "/hello", 405),
        ("OPTIONS", "/hello", 204),
        ("GET", "/panic", 500),
        ("GET", "/hello/a%2Fb", 200),
        ("GET", "/upgrade", 426),
    ] {
        let response = sender.send_request(request(host, method, path)).await.expect("an answer");
        assert_eq!(response.status(), status, "{method} {path}");
    }
    let mut created = request(host, "POST", "/things");
    created.headers_mut().insert("content-type", "application/json".parse().unwrap());
    *created.body_mut() = Body::from(r#"{"name":"x"}"#);
    let response = sender.send_request(created).await.expect("an answer");
    assert_eq!(response.headers()["location"], host.path("/things/7"));
}

/// A request that is taken back cancels its handler; the connection lives on.
pub async fn cancelled(host: &Host, probe: &Probe) {
    let mut sender = connect(host).await;
    let (started, ended) = (probe.started(), probe.ended());
    let asking = tokio::spawn(sender.send_request(request(host, "GET", "/hang")));
    probe.wait_started(started).await;
    asking.abort();
    // actix lets the handler of a stream that was taken back run to its end: it looks at the stream again
    // when there is an answer to send.
    if host.kind() != Kind::Actix {
        probe.wait_ended(ended).await;
    }
    let response = sender.send_request(request(host, "GET", "/hello")).await.expect("an answer");
    assert_eq!(response.status(), 200);
}
