//! [`Raw`]: HTTP/1 byte by byte, for what no client would send and what none would show.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::host::Host;

/// How long to wait for a server that does not answer before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection that says exactly what it is told to.
#[derive(Debug)]
pub struct Raw {
    stream: TcpStream,
    unread: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, without the framing.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    ///
    /// # Panics
    /// When it is not text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body of text")
    }

    /// Whether the server says that it closes the connection.
    pub fn closes(&self) -> bool {
        self.headers.get("connection").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"))
    }

    /// The code of the problem that it is.
    ///
    /// # Panics
    /// When it is none, or when its parts contradict each other.
    pub fn problem(&self) -> String {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{self:?}");
        let problem: Value = serde_json::from_slice(&self.body).expect("a JSON document");
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["request_id"], self.headers["x-request-id"].to_str().unwrap());
        problem["code"].as_str().expect("a code").to_owned()
    }
}

impl Raw {
    /// Connects to a host.
    ///
    /// # Panics
    /// When it cannot be reached.
    pub async fn connect(host: &Host) -> Self {
        Self::to(host.address()).await
    }

    /// Connects to an address.
    ///
    /// # Panics
    /// When it cannot be reached.
    pub async fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        Self { stream, unread: Vec::new() }
    }

    /// Sends bytes.
    ///
    /// # Panics
    /// When they cannot be sent.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        timeout(PATIENCE, self.stream.write_all(bytes.as_ref())).await.expect("in time").expect("sent");
    }

    /// Sends bytes, as long as the server takes them.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        timeout(PATIENCE, self.stream.write_all(bytes.as_ref())).await?
    }

    /// Sends a request without a body, and reads the answer.
    pub async fn ask(&mut self, method: &str, path: &str, headers: &str) -> Answer {
        self.send(format!("{method} {path} HTTP/1.1\r\nhost: test\r\n{headers}\r\n")).await;
        self.answer_to(method).await
    }

    /// Reads the answer to anything but HEAD.
    pub async fn answer(&mut self) -> Answer {
        self.answer_to("").await
    }

    /// Reads an answer whole.
    ///
    /// # Panics
    /// When none comes.
    pub async fn answer_to(&mut self, method: &str) -> Answer {
        let (status, headers) = self.head().await.expect("an answer");
        let mut body = Vec::new();
        let bodiless = method == "HEAD"
            || status.is_informational()
            || status == StatusCode::NO_CONTENT
            || status == StatusCode::NOT_MODIFIED;
        if bodiless {
        } else if headers.get("transfer-encoding").is_some_and(|value| value == "chunked") {
            while let Some(chunk) = self.chunk().await.expect("a chunk") {
                body.extend_from_slice(&chunk);
            }
        } else if let Some(length) = headers.get("content-length") {
            let length = length.to_str().unwrap().parse().expect("a length");
            body = self.exactly(length).await.expect("the whole body");
        } else {
            while self.fill().await.unwrap_or(0) > 0 {}
            body = std::mem::take(&mut self.unread);
        }
        Answer { status, headers, body }
    }

    /// Reads the head of an answer. `None` where the server has closed the connection instead.
    pub async fn head(&mut self) -> Option<(StatusCode, HeaderMap)> {
        let line = self.line().await.ok()?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status line");
        let mut headers = HeaderMap::new();
        loop {
            let line = self.line().await.ok()?;
            if line.is_empty() {
                return Some((status, headers));
            }
            let (name, value) = line.split_once(':').expect("a header");
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).expect("a name"),
                HeaderValue::from_str(value.trim()).expect("a value"),
            );
        }
    }

    /// Reads one chunk; `None` is the last. Fails where the connection ends before that.
    pub async fn chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let line = self.line().await?;
        let size = usize::from_str_radix(&line, 16).expect("the size of a chunk");
        let data = self.exactly(size).await?;
        assert_eq!(self.line().await?, "", "a chunk ends with an empty line");
        Ok((size > 0).then_some(data))
    }

    /// Reads so many bytes.
    pub async fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.unread.len() < length {
            if self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.unread.drain(..length).collect())
    }

    /// Whether the server closes the connection, with nothing more to say.
    pub async fn is_closed(&mut self) -> bool {
        self.unread.is_empty() && self.fill().await.unwrap_or(0) == 0
    }

    /// Says that no more will be sent.
    ///
    /// # Panics
    /// When that cannot be said.
    pub async fn finish(&mut self) {
        self.stream.shutdown().await.expect("shut down");
    }

    /// Reads and forgets what comes, up to so many bytes; how many there were.
    pub async fn skip(&mut self, most: u64) -> u64 {
        let mut skipped = 0;
        while skipped < most {
            if self.unread.is_empty() && self.fill().await.unwrap_or(0) == 0 {
                break;
            }
            let taken = self.unread.len().min(usize::try_from(most - skipped).unwrap_or(usize::MAX));
            self.unread.drain(..taken);
            skipped += taken as u64;
        }
        skipped
    }

    async fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                let line = String::from_utf8(line).map_err(io::Error::other)?;
                return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
            }
            if self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    async fn fill(&mut self) -> io::Result<usize> {
        self.unread.reserve(64 * 1024);
        timeout(PATIENCE, self.stream.read_buf(&mut self.unread)).await?
    }
}
