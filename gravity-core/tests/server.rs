//! What only our own server does: time limits, a limit on connections, an orderly end.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use gravity_core::http::Routes;
use gravity_core::http::host::hyper::{Server, ServerConfig};
use gravity_core::testing::http::Raw;
use gravity_core::testing::http::suite::{self, Probe};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

async fn start(routes: Routes, config: ServerConfig) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    let server = Server::bind("127.0.0.1:0").await.unwrap().with_config(config);
    let address = server.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let serving = server.serve(routes).with_graceful_shutdown(async {
        let _ = stopped.await;
    });
    (address, stop, tokio::spawn(serving.into_future()))
}

const HELLO: &str = "GET /hello HTTP/1.1\r\nhost: test\r\n\r\n";

#[tokio::test]
async fn slow_heads_are_cut_off() {
    let config = ServerConfig::new()
        .with_head_timeout(Duration::from_millis(300))
        .with_idle_timeout(Duration::from_mins(1));
    let (address, _stop, _server) = start(suite::routes(&Probe::default()), config).await;
    for beginning in ["", "G", "PRI * HT", "GET /hello HTTP/1.1\r\nhost: te"] {
        for used in [false, true] {
            if used && beginning.is_empty() {
                continue;
            }
            let begun = Instant::now();
            let mut raw = Raw::to(address).await;
            if used {
                raw.send(HELLO).await;
                assert_eq!(raw.answer().await.text(), "hello");
            }
            raw.send(beginning).await;
            assert!(raw.is_closed().await, "{beginning:?}");
            assert!(begun.elapsed() < Duration::from_secs(10), "{beginning:?}: {:?}", begun.elapsed());
        }
    }
}

#[tokio::test]
async fn an_idle_connection_outlives_the_limit_of_a_head_and_not_its_own() {
    let config = ServerConfig::new()
        .with_head_timeout(Duration::from_millis(500))
        .with_idle_timeout(Duration::from_millis(1500));
    let (address, _stop, _server) = start(suite::routes(&Probe::default()), config).await;
    let mut raw = Raw::to(address).await;
    for _ in 0..3 {
        raw.send(HELLO).await;
        assert_eq!(raw.answer().await.text(), "hello");
    }
    let begun = Instant::now();
    assert!(raw.is_closed().await);
    assert!(begun.elapsed() > Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_connection_too_many_waits_for_a_place() {
    let config = ServerConfig::new().with_max_connections(2);
    let (address, _stop, _server) = start(suite::routes(&Probe::default()), config).await;
    let (mut one, mut two, mut three) =
        (Raw::to(address).await, Raw::to(address).await, Raw::to(address).await);
    for raw in [&mut one, &mut two] {
        raw.send(HELLO).await;
        assert_eq!(raw.answer().await.text(), "hello");
    }
    three.send(HELLO).await;
    let waited = tokio::time::timeout(Duration::from_millis(300), three.head()).await;
    assert!(waited.is_err(), "the third is not served while the two are open");
    drop(one);
    assert_eq!(three.answer().await.text(), "hello");
}

#[tokio::test]
async fn a_stopping_server_ends_what_it_has_begun() {
    let probe = Probe::default();
    let (address, stop, server) = start(suite::routes(&probe), ServerConfig::new()).await;
    let (mut idle, mut busy) = (Raw::to(address).await, Raw::to(address).await);
    idle.send(HELLO).await;
    assert_eq!(idle.answer().await.text(), "hello");
    busy.send("POST /count HTTP/1.1\r\nhost: test\r\ncontent-length: 4\r\n\r\n12").await;
    // The request is known to be at work once another that came later is answered.
    idle.send(HELLO).await;
    assert_eq!(idle.answer().await.text(), "hello");
    stop.send(()).unwrap();
    assert!(idle.is_closed().await);
    busy.send("34").await;
    assert_eq!(busy.answer().await.text(), "4");
    drop((idle, busy));
    server.await.unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_drain_has_an_end() {
    let probe = Probe::default();
    let config = ServerConfig::new().with_drain_timeout(Duration::from_millis(200));
    let (address, stop, server) = start(suite::routes(&probe), config).await;
    let mut raw = Raw::to(address).await;
    raw.send("GET /hang HTTP/1.1\r\nhost: test\r\n\r\n").await;
    while probe.started() == 0 {
        tokio::task::yield_now().await;
    }
    stop.send(()).unwrap();
    server.await.unwrap();
    assert_eq!(probe.ended(), 1);
    assert!(raw.is_closed().await);
}

#[tokio::test]
async fn a_shutdown_closes_websockets() {
    use gravity_core::http::websocket::{Upgrading, WebSocketUpgrade};
    use gravity_core::http::{PUBLIC, get};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn listen(upgrade: WebSocketUpgrade) -> Upgrading {
        upgrade.on_upgrade(async |mut socket| while let Some(Ok(_)) = socket.recv().await {})
    }
    let routes: Routes = Routes::new().route(get("/", "listen").allow(PUBLIC).to(listen));
    let (address, stop, serving) = start(routes, ServerConfig::new()).await;
    let mut client = tokio::net::TcpStream::connect(address).await.unwrap();
    let ask = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
        sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    client.write_all(ask).await.unwrap();
    let mut heard = Vec::new();
    while !heard.ends_with(b"\r\n\r\n") {
        heard.push(client.read_u8().await.unwrap());
    }
    stop.send(()).unwrap();
    // A close frame that says 1001, and an answer to it.
    let mut close = [0; 4];
    client.read_exact(&mut close).await.unwrap();
    assert_eq!((close[0], &close[2..]), (0x88, &1001_u16.to_be_bytes()[..]));
    client.write_all(&[0x88, 0x82, 0, 0, 0, 0, 3, 0xe9]).await.unwrap();
    serving.await.unwrap();
}
