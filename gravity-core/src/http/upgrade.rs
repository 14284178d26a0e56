//! A connection that stops speaking HTTP: raw bytes both ways, on every host alike.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes both ways.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// The connection after its upgrade.
pub struct Upgraded(Box<dyn Duplex>);

/// The right to take the connection over once the answer 101 has been sent. A host puts it into the
/// extensions of a request that it can upgrade; it can be taken once.
#[derive(Clone)]
pub struct OnUpgrade(Arc<Mutex<Option<BoxFuture<'static, io::Result<Upgraded>>>>>);

impl OnUpgrade {
    /// What a host promises: the connection, when the answer has been sent.
    pub fn new(ready: impl Future<Output = io::Result<Upgraded>> + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::pin(ready)))))
    }

    /// Takes the promise of a request, whichever host it came through.
    pub fn take(extensions: &mut http::Extensions) -> Option<BoxFuture<'static, io::Result<Upgraded>>> {
        if let Some(own) = extensions.remove::<Self>() {
            return own.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
        let hyper = extensions.remove::<hyper::upgrade::OnUpgrade>()?;
        Some(Box::pin(async move {
            let upgraded = hyper.await.map_err(io::Error::other)?;
            Ok(Upgraded::new(TokioIo::new(upgraded)))
        }))
    }
}

impl Upgraded {
    /// Takes over a connection.
    pub fn new(io: impl Duplex + 'static) -> Self {
        Self(Box::new(io))
    }
}

impl AsyncRead for Upgraded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Upgraded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

impl std::fmt::Debug for Upgraded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upgraded").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for OnUpgrade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnUpgrade").finish_non_exhaustive()
    }
}
