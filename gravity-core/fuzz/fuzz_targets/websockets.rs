//! WebSocket frames: whatever a client sends, the server speaks in whole frames and stops after its farewell.
#![no_main]

use arbitrary::Arbitrary;
use gravity_core::http::upgrade::{OnUpgrade, Upgraded};
use gravity_core::http::{Body, Routes};
use gravity_core::testing::websocket::{Raw, Suite};
use gravity_core_fuzz::run;
use http::Request;
use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};

#[derive(Debug, Arbitrary)]
enum Sent<'a> {
    /// A frame as a client should mask it, of any kind.
    Frame(u8, &'a [u8]),
    /// Text in two fragments with a ping between them, cut anywhere.
    Text(&'a str, u8),
    /// Bytes as they are.
    Bytes(&'a [u8]),
}

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    json: bool,
    sent: Vec<Sent<'a>>,
}

thread_local! {
    static ROUTES: Routes = Suite::new().routes();
}

/// A socket that is open, its task at work.
async fn open(routes: &Routes, path: &str) -> Raw<DuplexStream> {
    let (client, server) = duplex(1 << 16);
    let mut request = Request::get(path)
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .body(Body::empty())
        .unwrap();
    request.extensions_mut().insert(OnUpgrade::new(async { Ok(Upgraded::new(server)) }));
    let Ok(response) = routes.handle(request).await;
    assert_eq!(response.status(), 101);
    Raw::new(client)
}

fuzz_target!(|input: Input<'_>| {
    if input.sent.len() > 16 {
        return;
    }
    let routes = ROUTES.with(Clone::clone);
    run(async {
        let mut socket = open(&routes, if input.json { "/json" } else { "/echo" }).await;
        let mut echoes = Some(Vec::new());
        for sent in &input.sent {
            match sent {
                Sent::Frame(head, payload) => {
                    echoes = None;
                    if head & 0x80 == 0 {
                        socket.send_part(head & 0x7f, payload).await;
                    } else {
                        socket.send(head & 0x7f, payload).await;
                    }
                }
                Sent::Text(text, at) => {
                    let (first, second) = text.as_bytes().split_at(usize::from(*at).min(text.len()));
                    socket.send_part(1, first).await;
                    socket.send(9, [*at]).await;
                    socket.send(0, second).await;
                    if let Some(echoes) = &mut echoes {
                        echoes.push(text.as_bytes().to_vec());
                    }
                }
                Sent::Bytes(bytes) => {
                    echoes = None;
                    socket.bytes(bytes).await;
                }
            }
        }
        let mut io = socket.into_inner();
        io.shutdown().await.unwrap();
        let mut socket = Raw::new(io);
        let (mut closed, mut got) = (false, Vec::new());
        while let Some(frame) = socket.next().await {
            assert!([0x81, 0x82, 0x88, 0x8a].contains(&frame.head), "{frame:?}");
            assert!(!closed, "a frame follows a close");
            assert!(frame.head != 0x81 || std::str::from_utf8(&frame.payload).is_ok(), "{frame:?}");
            closed = frame.head == 0x88;
            if !closed {
                got.push((frame.head, frame.payload.to_vec()));
            }
        }
        if let Some(echoes) = echoes.filter(|_| !input.json) {
            got.retain(|(head, _)| *head == 0x81);
            // A client that hangs up may cost itself the last echoes, and never gets anything else.
            let texts = got.into_iter().map(|(_, text)| text);
            assert!(texts.zip(echoes).all(|(got, sent)| got == sent), "the echo is another");
        }
    });
});
