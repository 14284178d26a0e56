//! One connection: HTTP/1 or HTTP/2, until it ends or the server stops.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::config::ServerConfig;
use super::service::{OnConnection, Serve};
use super::sniff::Sniffed;
use super::timer::HeadTimer;
use crate::http::Shutdown;
use crate::http::body::BoxError;
use crate::http::host::PeerAddr;
use crate::http::host::wire::{MAX_HEAD, Wire};

/// What connections are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Serving,
    /// End what is running, begin nothing new.
    Draining,
    /// Time is up.
    Stopped,
}

/// Serves a connection to its end.
pub(super) async fn run<S: Serve>(
    stream: TcpStream,
    peer: SocketAddr,
    service: S,
    config: Arc<ServerConfig>,
    shutdown: Shutdown,
    mut phase: watch::Receiver<Phase>,
) {
    let mut stop = phase.clone();
    tokio::select! {
        outcome = serve(stream, peer, service, &config, shutdown, &mut phase) => {
            // Clients that go away in the midst of things are everyday life.
            if let Err(error) = outcome {
                tracing::debug!(%peer, error = &*error, "connection ended");
            }
        }
        // Also where the server itself is gone.
        _ = stop.wait_for(|phase| *phase == Phase::Stopped) => {}
    }
}

async fn serve<S: Serve>(
    stream: TcpStream,
    peer: SocketAddr,
    service: S,
    config: &ServerConfig,
    shutdown: Shutdown,
    phase: &mut watch::Receiver<Phase>,
) -> Result<(), BoxError> {
    // Answers are written whole; waiting for more to send only delays them.
    stream.set_nodelay(true)?;
    let sniffed = tokio::select! {
        sniffed = tokio::time::timeout(config.head_timeout, Sniffed::new(stream)) => sniffed??,
        () = draining(phase) => None,
    };
    let Some(io) = sniffed else { return Ok(()) };
    let wire = io.wire().cloned();
    let service = OnConnection { inner: service, peer: PeerAddr(peer), wire: wire.clone(), shutdown };
    let io = TokioIo::new(io);
    if let Some(wire) = wire {
        let connection = http1(config, &wire).serve_connection(io, service).with_upgrades();
        let mut connection = pin!(connection);
        tokio::select! {
            ended = connection.as_mut() => return Ok(ended?),
            () = draining(phase) => connection.as_mut().graceful_shutdown(),
        }
        Ok(connection.await?)
    } else {
        let mut connection = pin!(http2(config).serve_connection(io, service));
        tokio::select! {
            ended = connection.as_mut() => return Ok(ended?),
            () = draining(phase) => connection.as_mut().graceful_shutdown(),
        }
        Ok(connection.await?)
    }
}

async fn draining(phase: &mut watch::Receiver<Phase>) {
    let _ = phase.wait_for(|phase| *phase != Phase::Serving).await;
}

fn http1(config: &ServerConfig, wire: &Arc<Wire>) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(HeadTimer::new(wire, config))
        .header_read_timeout(config.idle_timeout)
        .max_buf_size(MAX_HEAD);
    builder
}

fn http2(config: &ServerConfig) -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .keep_alive_interval(config.idle_timeout)
        .keep_alive_timeout(config.head_timeout)
        .max_concurrent_streams(config.max_streams)
        .max_pending_accept_reset_streams(config.max_resets)
        .max_header_list_size(config.max_header_list);
    builder
}
