//! A client of HTTP/1.1 that does no more than it has to: one connection, kept alive.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection.
pub(super) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    head: String,
    pub(super) body: Vec<u8>,
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| address.to_string())?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(8192) })
    }

    /// Sends a request, and waits for its answer.
    pub(super) async fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await?;
        let end = self.until(b"\r\n\r\n", 0).await?;
        let head = String::from_utf8_lossy(self.read.get(..end).unwrap_or_default()).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
        let mut answer = Answer { status, head, body: Vec::new() };
        let mut at = end + 4;
        if let Some(length) = answer.header("content-length") {
            let length: usize = length.parse()?;
            self.take(&mut at, length, &mut answer.body).await?;
        } else if answer.header("transfer-encoding").is_some_and(|coding| coding == "chunked") {
            loop {
                let line = self.until(b"\r\n", at).await?;
                let size = String::from_utf8_lossy(self.read.get(at..line).unwrap_or_default()).into_owned();
                let size = usize::from_str_radix(size.trim(), 16)?;
                at = line + 2;
                self.take(&mut at, size, &mut answer.body).await?;
                ensure!(self.until(b"\r\n", at).await? == at, "a chunk is longer than it says");
                at += 2;
                if size == 0 {
                    break;
                }
            }
        } else {
            bail!("the answer has no length: {}", answer.head);
        }
        self.read.drain(..at);
        Ok(answer)
    }

    /// Where the next of these bytes is.
    async fn until(&mut self, wanted: &[u8], from: usize) -> Result<usize> {
        loop {
            let rest = self.read.get(from..).unwrap_or_default();
            if let Some(found) = rest.windows(wanted.len()).position(|bytes| bytes == wanted) {
                return Ok(from + found);
            }
            self.more().await?;
        }
    }

    async fn take(&mut self, at: &mut usize, length: usize, into: &mut Vec<u8>) -> Result<()> {
        while self.read.len() < *at + length {
            self.more().await?;
        }
        into.extend_from_slice(self.read.get(*at..*at + length).unwrap_or_default());
        *at += length;
        Ok(())
    }

    async fn more(&mut self) -> Result<()> {
        let read = self.stream.read_buf(&mut self.read).await?;
        ensure!(read > 0, "the server closed the connection");
        Ok(())
    }
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }

    /// What the headers of this name say.
    pub(super) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        let lines = self.head.split("\r\n").filter_map(|line| line.split_once(':'));
        lines.filter(move |(is, _)| is.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// A text in the document.
    pub(super) fn text(&self, name: &str) -> Result<String> {
        let document: serde_json::Value = serde_json::from_slice(&self.body)?;
        let text = document.get(name).and_then(serde_json::Value::as_str);
        text.map(str::to_owned).with_context(|| format!("no `{name}` in {}", self.shown()))
    }

    pub(super) fn shown(&self) -> String {
        format!("{}\n\n{}", self.head, String::from_utf8_lossy(&self.body))
    }
}
