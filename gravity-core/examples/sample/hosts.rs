//! Serves the same routes through the host that is asked for.

use std::error::Error;
use std::net::TcpListener;

use gravity_core::http::Routes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;

/// Serves until the process is ended.
pub(crate) fn serve(host: &str, listener: TcpListener, routes: Routes) -> Result<(), Box<dyn Error>> {
    match host {
        "hyper" => run(on_hyper(listener, routes)),
        other => Err(format!("there is no host named {other:?}").into()),
    }
}

fn run(server: impl Future<Output = Result<(), Box<dyn Error>>>) -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(server)
}

async fn on_hyper(listener: TcpListener, routes: Routes) -> Result<(), Box<dyn Error>> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (socket, _) = listener.accept().await?;
        let service = TowerToHyperService::new(routes.clone());
        tokio::spawn(async move {
            // A connection that breaks off is the client's affair.
            drop(Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), service).await);
        });
    }
}
