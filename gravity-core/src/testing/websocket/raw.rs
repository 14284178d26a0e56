//! [`Raw`]: a client that sends whatever bytes a case wants.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than anything that a case waits for; past it the case has failed.
const PATIENCE: Duration = Duration::from_secs(90);

/// The example of RFC 6455.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// Operation codes of frames.
pub(crate) const CONTINUE: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

/// A server that serves the suite's routes.
#[derive(Debug, Clone)]
pub struct Server {
    addr: SocketAddr,
    prefix: String,
}

impl Server {
    /// A server that serves them as they are.
    pub fn new(addr: SocketAddr) -> Self {
        Self { addr, prefix: String::new() }
    }

    /// A server that serves them under a prefix such as `/ws`.
    pub fn nested(addr: SocketAddr, prefix: &str) -> Self {
        Self { addr, prefix: prefix.to_owned() }
    }

    /// A connection to it.
    pub async fn connect(&self) -> TcpStream {
        let io = TcpStream::connect(self.addr).await.expect("the server takes a connection");
        io.set_nodelay(true).expect("the connection takes an option");
        io
    }

    /// A request to open a socket, to be spoilt.
    pub fn ask(&self, path: &str) -> Ask {
        Ask {
            line: format!("GET {}{path} HTTP/1.1", self.prefix),
            headers: [
                ("Host", self.addr.to_string()),
                ("Connection", "Upgrade".to_owned()),
                ("Upgrade", "websocket".to_owned()),
                ("Sec-WebSocket-Version", "13".to_owned()),
                ("Sec-WebSocket-Key", KEY.to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec(),
        }
    }

    /// Opens a socket.
    pub async fn open(&self, path: &str) -> Raw<TcpStream> {
        self.ask(path).open(self.connect().await).await
    }
}

/// A request to open a socket.
#[derive(Debug, Clone)]
pub struct Ask {
    line: String,
    headers: Vec<(String, String)>,
}

impl Ask {
    /// With another request line.
    #[must_use]
    pub fn line(mut self, change: impl FnOnce(&str) -> String) -> Self {
        self.line = change(&self.line);
        self
    }

    /// Without a header.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// With a header instead of those of the same name.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    /// With one more header.
    #[must_use]
    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The request as it is sent.
    pub fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{}\r\n", self.line);
        for (name, value) in &self.headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        text.push_str("\r\n");
        text.into_bytes()
    }

    /// Sends it, and reads the head of the answer.
    pub async fn send<I: AsyncRead + AsyncWrite + Unpin>(&self, mut io: I) -> (u16, HeaderMap, Raw<I>) {
        io.write_all(&self.bytes()).await.expect("the request is sent");
        answer(io).await
    }

    /// Opens the socket.
    pub async fn open<I: AsyncRead + AsyncWrite + Unpin>(&self, io: I) -> Raw<I> {
        let (status, headers, raw) = self.send(io).await;
        opened(status, &headers);
        raw
    }
}

/// Asserts that an answer opens a socket.
pub(crate) fn opened(status: u16, headers: &HeaderMap) {
    assert_eq!(status, 101, "{headers:?}");
    assert_eq!(headers["sec-websocket-accept"], ACCEPT);
    assert!(headers["upgrade"].as_bytes().eq_ignore_ascii_case(b"websocket"), "{headers:?}");
    assert!(headers["connection"].as_bytes().eq_ignore_ascii_case(b"upgrade"), "{headers:?}");
    assert!(!headers.contains_key("sec-websocket-extensions"), "{headers:?}");
    assert!(!headers.contains_key("content-length"), "{headers:?}");
    assert!(!headers.contains_key("transfer-encoding"), "{headers:?}");
}

/// Reads the head of an answer.
pub(crate) async fn answer<I: AsyncRead + AsyncWrite + Unpin>(io: I) -> (u16, HeaderMap, Raw<I>) {
    let mut raw = Raw::new(io);
    let end = loop {
        if let Some(at) = raw.unread.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        assert!(raw.fill().await, "the connection ended before an answer: {:?}", raw.unread);
    };
    let head = String::from_utf8(raw.unread.split_to(end + 4).to_vec()).expect("the answer's head is text");
    let mut lines = head.trim_end().split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let name: HeaderName = name.parse().expect("a header's name");
        headers.append(name, HeaderValue::from_str(value.trim()).expect("a header's value"));
    }
    (status.expect("the answer has a status"), headers, raw)
}

/// A frame as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The first byte: whether it is the last of its message, reserved bits, and its operation code.
    pub head: u8,
    /// What it holds.
    pub payload: Bytes,
}

/// A client that sends whatever bytes a case wants.
#[derive(Debug)]
pub struct Raw<I> {
    io: I,
    unread: BytesMut,
}

/// A frame, masked as a client has to.
pub(crate) fn frame(head: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(head, payload.len(), true);
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    bytes.extend(mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// The head of a frame, with its length and without its mask.
pub(crate) fn header(head: u8, len: usize, masked: bool) -> Vec<u8> {
    let masked = if masked { 0x80_u8 } else { 0 };
    let mut bytes = vec![head];
    match (u8::try_from(len), u16::try_from(len)) {
        (Ok(len @ ..126), _) => bytes.push(masked + len),
        (_, Ok(len)) => {
            bytes.push(masked + 126);
            bytes.extend(len.to_be_bytes());
        }
        _ => {
            bytes.push(masked + 127);
            bytes.extend((len as u64).to_be_bytes());
        }
    }
    bytes
}

/// The payload of a close frame.
pub(crate) fn farewell(code: u16, reason: &str) -> Vec<u8> {
    [code.to_be_bytes().as_slice(), reason.as_bytes()].concat()
}

impl<I: AsyncRead + AsyncWrite + Unpin> Raw<I> {
    /// A socket that has been opened already.
    pub fn new(io: I) -> Self {
        Self { io, unread: BytesMut::new() }
    }

    /// Sends bytes as they are. That the server does not take them is no fault: it may have heard enough.
    pub async fn bytes(&mut self, bytes: &[u8]) {
        let sent = timeout(PATIENCE, self.io.write_all(bytes)).await.expect("the server reads");
        drop(sent);
    }

    /// Sends a whole frame that is the last of its message.
    pub async fn send(&mut self, opcode: u8, payload: impl AsRef<[u8]>) {
        self.bytes(&frame(0x80 | opcode, payload.as_ref())).await;
    }

    /// Sends a frame that is not the last of its message.
    pub async fn send_part(&mut self, opcode: u8, payload: impl AsRef<[u8]>) {
        self.bytes(&frame(opcode, payload.as_ref())).await;
    }

    /// Waits for more bytes; `false` at the end of the connection.
    async fn fill(&mut self) -> bool {
        let read = timeout(PATIENCE, self.io.read_buf(&mut self.unread)).await.expect("the server answers");
        // A reset may cost a client the last words of the server.
        read.expect("the connection is not reset") > 0
    }

    /// The next frame; none at the end of the connection.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some((start, len)) = self.measure()
                && self.unread.len() >= start + len
            {
                let head = self.unread[0];
                assert_eq!(self.unread[1] & 0x80, 0, "a server does not mask");
                self.unread.advance(start);
                return Some(Frame { head, payload: self.unread.split_to(len).freeze() });
            }
            if !self.fill().await {
                assert!(self.unread.is_empty(), "the connection ended within a frame: {:?}", self.unread);
                return None;
            }
        }
    }

    /// Where the payload of the next frame starts, and its length.
    fn measure(&self) -> Option<(usize, usize)> {
        match *self.unread.get(1)? & 0x7f {
            126 => Some((4, usize::from(u16::from_be_bytes(self.unread.get(2..4)?.try_into().ok()?)))),
            127 => {
                let len = u64::from_be_bytes(self.unread.get(2..10)?.try_into().ok()?);
                Some((10, usize::try_from(len).ok()?))
            }
            len => Some((2, usize::from(len))),
        }
    }

    /// Asserts what the next frame is.
    pub async fn expect(&mut self, opcode: u8, payload: impl AsRef<[u8]>) {
        let (payload, got) = (payload.as_ref(), self.next().await.expect("one more frame"));
        assert_eq!(got.head, 0x80 | opcode, "{got:?}");
        // A mebibyte is no help in a message.
        assert!(got.payload == payload, "{:?} is not {:?}", short(&got.payload), short(payload));
    }

    /// Asserts that the server closes the socket with this code, and then the connection.
    pub async fn expect_close(&mut self, code: u16) {
        let got = self
            .next()
            .await
            .unwrap_or_else(|| panic!("the connection ended without a close frame of {code}"));
        assert_eq!(got.head, 0x80 | CLOSE, "{got:?}");
        let got_code = got.payload.first_chunk().map(|code| u16::from_be_bytes(*code));
        assert_eq!(got_code, Some(code), "{got:?}");
        assert!(std::str::from_utf8(&got.payload[2..]).is_ok(), "{got:?}");
        // Where the server has begun, it is told that it has been heard.
        self.send(CLOSE, farewell(code, "")).await;
        self.expect_end().await;
    }

    /// Asserts that the connection ends.
    pub async fn expect_end(&mut self) {
        let got = self.next().await;
        assert_eq!(got, None, "the connection goes on");
    }

    /// Closes the socket, as one should.
    pub async fn close(mut self) {
        self.send(CLOSE, farewell(1000, "")).await;
        self.expect(CLOSE, farewell(1000, "")).await;
        self.expect_end().await;
    }

    /// Reads what is left of the connection: the body of a refusal.
    pub async fn rest(mut self, len: usize) -> Vec<u8> {
        while self.unread.len() < len && self.fill().await {}
        self.unread.to_vec()
    }

    /// The connection, to end it without a word.
    pub fn into_inner(self) -> I {
        self.io
    }
}

fn short(bytes: &[u8]) -> &[u8] {
    bytes.get(..200).unwrap_or(bytes)
}
