//! [`Server`]: listens, and hands each connection to a task of its own.

use std::future::{Future, IntoFuture, pending};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::sync::{Semaphore, watch};

use super::config::ServerConfig;
use super::connection::{self, Phase};
use super::service::Serve;
use crate::http::Shutdown;

/// A server for HTTP/1.1 and HTTP/2 (h2c with prior knowledge) on one port, without TLS: a proxy or
/// the platform brings that.
///
/// ```no_run
/// use gravity_core::http::host::hyper::Server;
/// use gravity_core::http::{PUBLIC, Routes, get};
///
/// # async fn example() -> std::io::Result<()> {
/// let routes: Routes = Routes::new().route(get("/", "hello").allow(PUBLIC).to(async || "hello"));
/// let server = Server::bind("127.0.0.1:8080").await?;
/// println!("listening on {}", server.local_addr()?);
/// server.serve(routes).await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    config: ServerConfig,
}

impl Server {
    /// Listens at an address.
    pub async fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        Ok(Self::from_listener(TcpListener::bind(address).await?))
    }

    /// Takes over a socket that listens already.
    pub fn from_listener(listener: TcpListener) -> Self {
        Self { listener, config: ServerConfig::default() }
    }

    /// How connections are treated.
    #[must_use]
    pub fn with_config(self, config: ServerConfig) -> Self {
        Self { config, ..self }
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves: `.await` it. Dropping it stops it at once.
    pub fn serve<S: Serve>(self, service: S) -> Serving<S> {
        Serving { server: self, service, signal: Box::pin(pending()) }
    }
}

/// A server at work, once it is awaited.
#[must_use = "a server does nothing until it is awaited"]
pub struct Serving<S> {
    server: Server,
    service: S,
    signal: BoxFuture<'static, ()>,
}

impl<S: Serve> Serving<S> {
    /// Stops when the future is done: no new connections are taken, idle ones are closed, running
    /// requests may end within the [drain timeout](ServerConfig::with_drain_timeout), and WebSockets are
    /// closed with 1001.
    pub fn with_graceful_shutdown(self, signal: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { signal: Box::pin(signal), ..self }
    }

    async fn run(self) {
        let Self { server: Server { listener, config }, service, mut signal } = self;
        let config = Arc::new(config);
        let places = Arc::new(Semaphore::new(config.max_connections.min(Semaphore::MAX_PERMITS)));
        let (phase, watcher) = watch::channel(Phase::Serving);
        let shutdown = Shutdown::new();
        loop {
            let mut next = pin!(accept(&listener, &places));
            let (stream, peer, place) = tokio::select! {
                accepted = next.as_mut() => accepted,
                () = signal.as_mut() => break,
            };
            let connection = connection::run(
                stream,
                peer,
                service.clone(),
                Arc::clone(&config),
                shutdown.clone(),
                watcher.clone(),
            );
            tokio::spawn(async move {
                connection.await;
                drop(place);
            });
        }
        // Connections that wait in the queue are refused at once, and not left to wait for the drain.
        drop((listener, watcher));
        phase.send_replace(Phase::Draining);
        shutdown.begin();
        let ended = async {
            phase.closed().await;
            shutdown.finished().await;
        };
        if tokio::time::timeout(config.drain_timeout, ended).await.is_err() {
            tracing::warn!(
                open = phase.receiver_count(),
                "requests are cut off: the drain timeout has passed"
            );
        }
        phase.send_replace(Phase::Stopped);
        phase.closed().await;
    }
}

impl<S: Serve> IntoFuture for Serving<S> {
    type Output = ();
    type IntoFuture = BoxFuture<'static, ()>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<S> std::fmt::Debug for Serving<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serving").field("server", &self.server).finish_non_exhaustive()
    }
}

type Place = tokio::sync::OwnedSemaphorePermit;

/// Waits for a place, then for a connection.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> (TcpStream, SocketAddr, Option<Place>) {
    // The semaphore is never closed, so that there always is a place in the end.
    let place = Arc::clone(places).acquire_owned().await.ok();
    let mut pause = Duration::from_millis(10);
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, place),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // Out of file descriptors or memory: it goes on until something is closed.
                tracing::error!(error = &error as &dyn std::error::Error, "cannot accept a connection");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
        }
    }
}

/// Whether only the connection that was to be accepted has failed.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
