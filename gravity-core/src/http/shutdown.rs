//! [`Shutdown`]: tells what outlives its request that the server is going away.

use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Tells what outlives its request, such as WebSockets, that the server is going away.
///
/// Our [`Server`](crate::http::host::hyper::Server) puts its own into the extensions of requests that
/// upgrade their connection. With `axum::serve` and actix-web a layer can, or the handler of the socket does.
///
/// ```
/// use gravity_core::http::Shutdown;
///
/// # async fn example() {
/// let shutdown = Shutdown::new();
/// // When the process is asked to stop:
/// shutdown.begin();
/// shutdown.finished().await; // every WebSocket has been closed
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Shutdown {
    begun: CancellationToken,
    open: Arc<watch::Sender<usize>>,
}

impl Shutdown {
    /// A server that is to stay.
    pub fn new() -> Self {
        Self { begun: CancellationToken::new(), open: Arc::new(watch::Sender::new(0)) }
    }

    /// Tells everyone. It can be said more than once.
    pub fn begin(&self) {
        self.begun.cancel();
    }

    /// Waits until it begins.
    pub async fn begun(&self) {
        self.begun.cancelled().await;
    }

    /// Something that `finished` waits for, while it is held.
    pub fn hold(&self) -> Hold {
        self.open.send_modify(|open| *open += 1);
        Hold(Arc::clone(&self.open))
    }

    /// Waits until nothing is held any more.
    pub async fn finished(&self) {
        // The channel cannot close: this end holds its sender.
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

/// Something that a [`Shutdown`] waits for.
#[derive(Debug)]
#[must_use = "it holds until it is dropped"]
pub struct Hold(Arc<watch::Sender<usize>>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::Shutdown;

    #[tokio::test]
    async fn it_waits_for_what_is_held() {
        let shutdown = Shutdown::new();
        assert!(shutdown.begun().now_or_never().is_none());
        let (one, two) = (shutdown.hold(), shutdown.clone().hold());
        shutdown.begin();
        shutdown.begun().await;
        drop(one);
        assert!(shutdown.finished().now_or_never().is_none());
        drop(two);
        shutdown.finished().await;
    }
}
