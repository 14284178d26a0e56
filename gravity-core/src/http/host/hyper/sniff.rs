//! [`Sniffed`]: a connection whose first bytes were read to tell HTTP/2 from HTTP/1, and whose
//! further bytes are noted.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::http::host::wire::Wire;

const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection, its first bytes, and what notes the bytes that are read.
#[derive(Debug)]
pub(super) struct Sniffed<I> {
    io: I,
    first: [u8; PREFACE.len()],
    at: usize,
    len: usize,
    wire: Option<Arc<Wire>>,
    /// Until when what the client still sends is read, once there is nothing more to say to it.
    linger: Option<Pin<Box<Sleep>>>,
}

/// How long a client may take to notice that the connection is closed.
const LINGER: Duration = Duration::from_secs(1);

impl<I: AsyncRead + Unpin> Sniffed<I> {
    /// Reads until it is clear what the client speaks. `None` where it has gone again.
    pub(super) async fn new(mut io: I) -> io::Result<Option<Self>> {
        let mut first = [0; PREFACE.len()];
        let mut len = 0;
        while len < first.len() && first[..len] == PREFACE[..len] {
            match io.read(&mut first[len..]).await? {
                0 if len == 0 => return Ok(None),
                0 => break,
                read => len += read,
            }
        }
        let http2 = len == PREFACE.len() && first == *PREFACE;
        Ok(Some(Self { io, first, at: 0, len, wire: (!http2).then(Arc::default), linger: None }))
    }

    /// What notes the bytes that are read; none on HTTP/2.
    pub(super) fn wire(&self) -> Option<&Arc<Wire>> {
        self.wire.as_ref()
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Sniffed<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        let poll = if this.at < this.len {
            let left = &this.first[this.at..this.len];
            let taken = left.len().min(buf.remaining());
            buf.put_slice(&left[..taken]);
            this.at += taken;
            Poll::Ready(Ok(()))
        } else {
            Pin::new(&mut this.io).poll_read(cx, buf)
        };
        if let (Some(wire), Some(read @ [_, ..])) = (&this.wire, buf.filled().get(before..)) {
            wire.read(read);
        }
        poll
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Sniffed<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    /// Closing a socket on which unread bytes lie makes the system throw the last answer away before
    /// the client has read it: a refusal would never arrive. So they are read first.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            ready!(Pin::new(&mut self.io).poll_shutdown(cx))?;
        }
        let this = &mut *self;
        let linger = this.linger.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        let mut scrap = [0; 4096];
        while linger.as_mut().poll(cx).is_pending() {
            let mut scrap = ReadBuf::new(&mut scrap);
            match Pin::new(&mut this.io).poll_read(cx, &mut scrap) {
                Poll::Ready(Ok(())) if !scrap.filled().is_empty() => {}
                // The client has closed as well, in whichever way.
                Poll::Ready(_) => break,
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(()))
    }
}
