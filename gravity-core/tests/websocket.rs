//! The WebSocket suite through every host.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;

use gravity_core::http::Routes;
use gravity_core::testing::websocket::{Server, Suite};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

async fn hyper(routes: Routes) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((io, _)) = listener.accept().await {
            let service = TowerToHyperService::new(routes.clone());
            tokio::spawn(async move {
                auto::Builder::new(TokioExecutor::new())
                    .serve_connection_with_upgrades(TokioIo::new(io), service)
                    .await
            });
        }
    });
    addr
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hyper_host() {
    let suite = Suite::new();
    let server = Server::new(hyper(suite.routes()).await);
    suite.run(&server).await;
}

#[cfg(feature = "axum")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn axum_host() {
    let suite = Suite::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server::nested(listener.local_addr().unwrap(), "/nested");
    let router = axum::Router::new().nest_service("/nested", suite.routes());
    tokio::spawn(axum::serve(listener, router).into_future());
    suite.run(&server).await;
}
