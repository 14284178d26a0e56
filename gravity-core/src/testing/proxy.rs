//! A TCP proxy on loopback that can cut, stall and resume what runs through it.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A TCP proxy on loopback, to stand between a client and its server. It ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: watch::Sender<State>,
    accepting: JoinHandle<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    flow: Flow,
    /// Connections of an earlier number are cut.
    cut: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Open,
    Stalled,
    Closed,
}

impl Proxy {
    /// Starts one in front of a server.
    ///
    /// # Panics
    ///
    /// When loopback cannot be listened to.
    pub async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = watch::Sender::new(State { flow: Flow::Open, cut: 0 });
        let accepting = tokio::spawn(accept(listener, target, state.subscribe()));
        Self { address, state, accepting }
    }

    /// Where clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts the connections that are open, and takes new ones.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.cut += 1);
    }

    /// Cuts the connections that are open, and every new one at once, until [`Proxy::resume`].
    pub fn close(&self) {
        self.state.send_modify(|state| *state = State { flow: Flow::Closed, cut: state.cut + 1 });
    }

    /// Passes nothing on any more, as a network that swallows packets does, until [`Proxy::resume`]. What has
    /// arrived by then is passed on late.
    pub fn stall(&self) {
        self.state.send_modify(|state| state.flow = Flow::Stalled);
    }

    /// Passes everything on again.
    pub fn resume(&self) {
        self.state.send_modify(|state| state.flow = Flow::Open);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, state: watch::Receiver<State>) {
    while let Ok((client, _)) = listener.accept().await {
        let State { flow, cut } = *state.borrow();
        if flow == Flow::Closed {
            continue;
        }
        let state = state.clone();
        tokio::spawn(async move {
            let mut watching = state.clone();
            let is_cut = watching.wait_for(|state| state.cut != cut);
            tokio::select! {
                // The proxy is gone, or this connection is to go.
                _ = is_cut => {}
                () = forward(client, target, state) => {}
            }
        });
    }
}

async fn forward(client: TcpStream, target: SocketAddr, mut state: watch::Receiver<State>) {
    if state.wait_for(|state| state.flow == Flow::Open).await.is_err() {
        return;
    }
    let Ok(server) = TcpStream::connect(target).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::join!(copy(from_client, to_server, state.clone()), copy(from_server, to_client, state),);
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut state: watch::Receiver<State>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if state.wait_for(|state| state.flow == Flow::Open).await.is_err() {
            return;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}
