//! [`Host`]: routes on a port of this machine, served by any host.

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::http::Routes;
use crate::http::host::hyper::Server;

/// How many threads serve.
const WORKERS: usize = 2;

/// What serves. Two of them want a feature of the same name; [`Kind::ALL`] lists those that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// [`Server`].
    Hyper,
    /// `axum::serve`.
    Axum,
    /// actix-web's `HttpServer`.
    Actix,
}

impl Kind {
    /// Every host that the features of the build have.
    pub const ALL: &'static [Self] = &[
        Self::Hyper,
        #[cfg(feature = "axum")]
        Self::Axum,
        #[cfg(feature = "actix")]
        Self::Actix,
    ];
}

/// Routes on a port of this machine, under a prefix, with several workers. Dropping it stops it.
#[derive(Debug)]
pub struct Host {
    kind: Kind,
    prefix: String,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Host {
    /// Starts one.
    ///
    /// # Panics
    /// When there is no free port, or no thread to be had, or when the build has no such host.
    pub fn start(kind: Kind, prefix: &str, routes: Routes) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("the address of a socket that listens");
        let (stop, ended) = oneshot::channel();
        let mounted = prefix.to_owned();
        let thread = std::thread::Builder::new()
            .name(format!("{kind}"))
            .spawn(move || serve(kind, listener, &mounted, routes, ended))
            .expect("a thread");
        Self { kind, prefix: prefix.to_owned(), address, stop: Some(stop), thread: Some(thread) }
    }

    /// What serves.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The path of a route as a client has to ask for it: with the prefix.
    pub fn path(&self, path: &str) -> String {
        if path == "/" && !self.prefix.is_empty() {
            return self.prefix.clone();
        }
        format!("{}{path}", self.prefix)
    }

    /// The whole address of a route.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{}", self.address, self.path(path))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !std::thread::panicking()
        {
            panic!("the {} host has panicked", self.kind);
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hyper => "hyper",
            Self::Axum => "axum",
            Self::Actix => "actix",
        })
    }
}

/// Runs a test on every host that the features of the build have, one after the other.
pub async fn each_host(routes: Routes, test: impl AsyncFn(&Host)) {
    each_host_under("", routes, test).await;
}

/// As [`each_host`], under a prefix.
pub(super) async fn each_host_under(prefix: &str, routes: Routes, test: impl AsyncFn(&Host)) {
    for kind in Kind::ALL {
        tracing::info!(%kind, prefix, "testing");
        test(&Host::start(*kind, prefix, routes.clone())).await;
    }
}

fn serve(kind: Kind, listener: TcpListener, prefix: &str, routes: Routes, ended: oneshot::Receiver<()>) {
    match kind {
        Kind::Hyper => on_tokio(async {
            let routes = Routes::new().nest(prefix, routes);
            let serving = Server::from_listener(from_std(listener)).serve(routes);
            tokio::select! {
                () = serving.into_future() => {}
                _ = ended => {}
            }
        }),
        #[cfg(feature = "axum")]
        Kind::Axum => on_tokio(async {
            let app = if prefix.is_empty() {
                routes.into_axum()
            } else {
                axum::Router::new().nest(prefix, routes.into_axum())
            };
            let service = app.into_make_service_with_connect_info::<SocketAddr>();
            tokio::select! {
                outcome = axum::serve(from_std(listener), service) => outcome.expect("axum serves"),
                _ = ended => {}
            }
        }),
        #[cfg(feature = "actix")]
        Kind::Actix => actix_web::rt::System::new().block_on(async {
            let prefix = prefix.to_owned();
            let app = move || {
                actix_web::App::new().service(crate::http::host::actix::mount(&prefix, routes.clone()))
            };
            let server = actix_web::HttpServer::new(app)
                .workers(WORKERS)
                .h1_allow_half_closed(false)
                .disable_signals()
                .shutdown_timeout(0)
                .listen_auto_h2c(listener)
                .expect("actix listens")
                .run();
            let handle = server.handle();
            tokio::select! {
                outcome = server => outcome.expect("actix serves"),
                _ = ended => handle.stop(false).await,
            }
        }),
        #[cfg(not(all(feature = "axum", feature = "actix")))]
        absent => panic!("this build has no {absent} host"),
    }
}

fn on_tokio(serving: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(serving);
    runtime.shutdown_background();
}

fn from_std(listener: TcpListener) -> tokio::net::TcpListener {
    listener.set_nonblocking(true).expect("a socket that does not block");
    tokio::net::TcpListener::from_std(listener).expect("a socket of this runtime")
}
