//! The life of a socket, on a clock that the test moves: pings, timeouts, back-pressure, shutdown.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gravity_core::http::websocket::{
    CloseCode, Message, Outcome, Upgrading, WebSocket, WebSocketUpgrade, WsError,
};
use gravity_core::http::{Body, PUBLIC, Routes, Shutdown, get};
use gravity_core::testing::websocket::{Raw, Server};
use http::{Request, Version};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, DuplexStream, duplex};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Serves one connection in memory, which holds this many bytes each way.
fn serve(routes: Routes, room: usize) -> DuplexStream {
    let (client, server) = duplex(room);
    tokio::spawn(
        hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(server), TowerToHyperService::new(routes))
            .with_upgrades(),
    );
    client
}

/// Opens a socket whose handler is this.
async fn open<F, Fut>(
    room: usize,
    set: impl Fn(WebSocketUpgrade) -> WebSocketUpgrade + Clone + Send + Sync + 'static,
    handler: F,
) -> Raw<DuplexStream>
where
    F: FnOnce(WebSocket) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output: Outcome> + Send + 'static,
{
    let upgrade =
        async move |upgrade: WebSocketUpgrade| -> Upgrading { set(upgrade).on_upgrade(handler.clone()) };
    let upgrade = move |asked| {
        let upgrade = upgrade.clone();
        Box::pin(async move { upgrade(asked).await })
            as std::pin::Pin<Box<dyn Future<Output = Upgrading> + Send>>
    };
    let routes = Routes::new().route(get("/", "open").allow(PUBLIC).to(upgrade));
    Server::new(([127, 0, 0, 1], 80).into()).ask("/").open(serve(routes, room)).await
}

async fn listen(mut socket: WebSocket) -> Result<(), WsError> {
    while let Some(message) = socket.recv().await {
        message?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_client_that_answers_pings_stays_and_a_silent_one_goes() {
    let mut socket = open(1024, |upgrade| upgrade, listen).await;
    let start = Instant::now();
    for round in 1..=20 {
        socket.expect(PING, "").await;
        assert_eq!(start.elapsed().as_secs(), 30 * round);
        socket.send(PONG, "").await;
    }
    let start = Instant::now();
    socket.expect(PING, "").await;
    assert_eq!(start.elapsed().as_secs(), 30);
    let frame = socket.next().await.unwrap();
    // The second ping falls together with the end, and may or may not be sent.
    if frame.head == 0x80 | PING {
        socket.expect_close(1001).await;
    } else {
        assert_eq!((frame.head, &frame.payload[..2]), (0x80 | CLOSE, &1001_u16.to_be_bytes()[..]));
    }
    assert_eq!(start.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn any_byte_is_a_sign_of_life() {
    let mut socket = open(1024, |upgrade| upgrade.ping_every(None), listen).await;
    // One message that takes ten minutes: two bytes every fifty seconds.
    let message = [&[0x82, 0x8c, 0, 0, 0, 0][..], b"a slow word."].concat();
    for piece in message.chunks(2) {
        socket.bytes(piece).await;
        sleep(seconds(50)).await;
    }
    let start = Instant::now();
    socket.expect_close(1001).await;
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn timeouts_can_be_turned_off() {
    let set = |upgrade: WebSocketUpgrade| upgrade.ping_every(None).idle_timeout(None);
    let mut socket = open(1024, set, listen).await;
    sleep(seconds(7 * 24 * 60 * 60)).await;
    socket.send(PING, "still there?").await;
    socket.expect(PONG, "still there?").await;
}

#[tokio::test(start_paused = true)]
async fn a_client_waits_for_a_busy_handler() {
    let busy = async |mut socket: WebSocket| {
        sleep(seconds(600)).await;
        while let Some(message) = socket.recv().await {
            socket.send(message?).await?;
        }
        Ok::<(), WsError>(())
    };
    let mut socket = open(1 << 16, |upgrade| upgrade.ping_every(None), busy).await;
    for number in 0..50 {
        socket.send(TEXT, number.to_string()).await;
    }
    sleep(seconds(600)).await;
    for number in 0..50 {
        socket.expect(TEXT, number.to_string()).await;
    }
    socket.close().await;
}

/// Sends without end, and says how much and for how long.
async fn flood(socket: WebSocket, told: mpsc::UnboundedSender<(usize, Duration)>) {
    let start = Instant::now();
    let mut sent = 0;
    while socket.send(vec![0; 1024]).await.is_ok() {
        sent += 1;
    }
    told.send((sent, start.elapsed())).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_given_up() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let socket =
        open(1024, |upgrade| upgrade, async move |socket: WebSocket| flood(socket, tell).await).await;
    let (sent, time) = told.recv().await.unwrap();
    assert!(sent < 40, "{sent} messages were kept for a client that takes none");
    assert_eq!(time.as_secs(), 30);
    drop(socket);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_slowly_stays() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let set = |upgrade: WebSocketUpgrade| upgrade.idle_timeout(None);
    let socket = open(1024, set, async move |socket: WebSocket| flood(socket, tell).await).await;
    let mut io = socket.into_inner();
    for _ in 0..60 {
        sleep(seconds(25)).await;
        io.read_exact(&mut [0; 512]).await.unwrap();
    }
    assert!(told.try_recv().is_err());
    let (_, time) = told.recv().await.unwrap();
    assert_eq!(time.as_secs(), 60 * 25 + 30);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_answer_a_close_is_left() {
    let bye = async |socket: WebSocket| socket.close(CloseCode::POLICY, "x".repeat(200)).await;
    let mut socket = open(1024, |upgrade| upgrade, bye).await;
    let start = Instant::now();
    let payload = [&1008_u16.to_be_bytes()[..], "x".repeat(123).as_bytes()].concat();
    socket.expect(CLOSE, payload).await;
    for _ in 0..100 {
        socket.send(TEXT, "no, listen").await;
    }
    socket.expect_end().await;
    assert_eq!(start.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn halves_live_on_other_tasks() {
    let split = async |socket: WebSocket| {
        let (sender, mut receiver) = socket.split();
        for name in ["one", "two"] {
            let sender = sender.clone();
            tokio::spawn(async move { sender.send(name).await });
        }
        tokio::spawn(async move {
            sender.send("three").await.unwrap();
            drop(sender);
            // The last sender is gone; whoever listens keeps the socket open.
            sleep(seconds(20)).await;
            assert!(matches!(receiver.recv().await, Some(Ok(Message::Text(_)))));
        });
    };
    let mut socket = open(1024, |upgrade| upgrade, split).await;
    let mut got = Vec::new();
    for _ in 0..3 {
        got.push(socket.next().await.unwrap().payload);
    }
    got.sort();
    assert_eq!(got, ["one", "three", "two"]);
    socket.send(TEXT, "heard").await;
    let start = Instant::now();
    socket.expect_close(1001).await;
    assert_eq!(start.elapsed().as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn what_was_received_before_the_end_is_seen_and_then_how_it_ended() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let slow = async move |mut socket: WebSocket| {
        while let Some(message) = socket.recv().await {
            sleep(seconds(1)).await;
            tell.send(format!("{message:?}")).unwrap();
        }
        assert!(matches!(socket.send("too late").await, Err(WsError::Closed)));
        tell.send("end".to_owned()).unwrap();
    };
    for (last, seen) in
        [(CLOSE, "Ok(Close(CloseFrame { code: CloseCode(1005), reason: \"\" }))"), (0xb, "Err(Protocol(")]
    {
        let mut socket = open(1024, |upgrade| upgrade, slow.clone()).await;
        for number in 0..10 {
            socket.send(BINARY, [number]).await;
        }
        socket.send(last, "").await;
        for _ in 0..10 {
            assert!(told.recv().await.unwrap().starts_with("Ok(Binary("));
        }
        let got = told.recv().await.unwrap();
        assert!(got.starts_with(seen), "{got}");
        assert_eq!(told.recv().await.unwrap(), "end");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_handler_closes_with_the_code_that_fits() {
    let sum = async |mut socket: WebSocket| {
        socket.send("ready").await?;
        while let Some(numbers) = socket.recv_json::<Vec<u32>>().await {
            socket.send_json(&numbers?.iter().sum::<u32>()).await?;
        }
        Ok::<(), WsError>(())
    };
    let mut socket = open(1024, |upgrade| upgrade, sum).await;
    socket.expect(TEXT, "ready").await;
    socket.send(TEXT, "[1, 2, 39]").await;
    socket.expect(TEXT, "42").await;
    socket.send(TEXT, "[1, 2, null]").await;
    socket.expect_close(1007).await;
}

#[tokio::test(start_paused = true)]
async fn a_ping_of_the_handler_is_short_enough() {
    let ping = async |socket: WebSocket| {
        assert!(matches!(socket.send(Message::Ping(vec![0; 126].into())).await, Err(WsError::TooBig)));
        socket.send(Message::Ping(vec![0; 125].into())).await?;
        socket.send(Message::Pong("unasked".into())).await
    };
    let mut socket = open(1024, |upgrade| upgrade, ping).await;
    socket.expect(PING, [0; 125]).await;
    socket.expect(PONG, "unasked").await;
    socket.expect_close(1001).await;
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_closes_sockets_and_waits_for_their_handlers() {
    let shutdown = Shutdown::new();
    let (told, was_told) = (Arc::new(Mutex::new(None)), shutdown.clone());
    let tell = Arc::clone(&told);
    let patient = async move |mut socket: WebSocket| {
        socket.send("before").await.unwrap();
        let last = socket.recv().await;
        sleep(seconds(3)).await;
        *tell.lock().unwrap() = last;
    };
    let set = move |upgrade: WebSocketUpgrade| upgrade.shutdown(was_told.clone());
    let mut socket = open(1024, set, patient).await;
    let start = Instant::now();
    sleep(seconds(1)).await;
    shutdown.begin();
    socket.expect(TEXT, "before").await;
    socket.expect_close(1001).await;
    drop(socket);
    shutdown.finished().await;
    assert_eq!(start.elapsed().as_secs(), 4);
    assert!(matches!(*told.lock().unwrap(), Some(Err(WsError::GoingAway))));
}

async fn panics(_: WebSocket) {
    panic!("out of cheese")
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_logged_with_the_id_of_its_request() {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let log = Log::default();
    let written = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || written.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);

    let mut socket = open(1024, |upgrade| upgrade, panics).await;
    socket.expect_close(1011).await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("out of cheese") && log.contains("request_id="), "{log}");
}

#[tokio::test]
async fn what_cannot_be_upgraded_is_refused() {
    async fn open(upgrade: WebSocketUpgrade) -> Upgrading {
        upgrade.on_upgrade(listen)
    }
    let routes: Routes = Routes::new().route(get("/", "open").allow(PUBLIC).to(open));
    let ask = |version| {
        Request::get("/")
            .version(version)
            .header("host", "localhost")
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .body(Body::empty())
            .unwrap()
    };
    for (version, status) in [(Version::HTTP_2, 426), (Version::HTTP_10, 426), (Version::HTTP_11, 500)] {
        let answer = timeout(seconds(5), routes.handle(ask(version))).await.unwrap().unwrap();
        assert_eq!(answer.status(), status, "{version:?}");
        // HTTP/2 knows no such header.
        assert_eq!(answer.headers().contains_key("upgrade"), version == Version::HTTP_10, "{version:?}");
    }
}
