//! Servers on loopback, well-behaved and not.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gravity_core::http::Routes;
use gravity_core::http::client::{Client, ClientConfig};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// A server that stops when it is dropped, and counts its connections.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Server {
    /// Gives each connection, and its number from 0, to a function.
    pub(crate) async fn start<F>(connection: impl Fn(TcpStream, usize) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(connection(stream, count.fetch_add(1, Ordering::SeqCst)));
            }
        });
        Self { address, accepted, task }
    }

    /// Serves routes with hyper.
    pub(crate) async fn routes(routes: Routes) -> Self {
        Self::start(move |stream, _| {
            let service = TowerToHyperService::new(routes.clone());
            async move {
                let _ = auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            }
        })
        .await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(&self.url()).unwrap()
    }

    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Plays a scenario in this process, and again over a socket and under a prefix.
pub(crate) async fn both(routes: Routes, config: ClientConfig, scenario: impl AsyncFn(Client)) {
    scenario(config.clone().in_process(routes.clone()).unwrap()).await;
    let server = Server::routes(Routes::new().nest("/api/v1", routes)).await;
    scenario(config.connect(&format!("{}/api/v1/", server.url())).unwrap()).await;
}

/// Reads the head of a request; `false` when the client has gone.
pub(crate) async fn read_head(stream: &mut TcpStream) -> bool {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return false,
        }
    }
    true
}

/// Answers with a JSON text and keeps the connection.
pub(crate) async fn answer(stream: &mut TcpStream, json: &str) {
    let text = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{json}",
        json.len()
    );
    stream.write_all(text.as_bytes()).await.unwrap();
}

/// A service made of a function from a request to an answer, for clients of no server at all.
pub(crate) fn service<F>(
    answer: impl Fn(http::Request<gravity_core::http::Body>) -> F + Clone + Send + Sync + 'static,
) -> impl tower::Service<
    http::Request<gravity_core::http::Body>,
    Response = gravity_core::http::Response,
    Error = Infallible,
    Future = impl Future<Output = Result<gravity_core::http::Response, Infallible>> + Send,
> + Clone
+ Send
+ Sync
+ 'static
where
    F: Future<Output = gravity_core::http::Response> + Send + 'static,
{
    tower::service_fn(move |request| {
        let answer = answer(request);
        async move { Ok(answer.await) }
    })
}
