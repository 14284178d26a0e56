//! [`Proxy`]: a line to a server that a test can cut, stall and resume.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A line to a server, on a loopback port of its own, that passes every byte on until it is told otherwise.
///
/// Dropping it hangs up on everybody.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use gravity_core::testing::proxy::Proxy;
/// use tokio::io::AsyncReadExt;
/// use tokio::net::{TcpListener, TcpStream};
///
/// let server = TcpListener::bind("127.0.0.1:0").await?;
/// let line = Proxy::start(server.local_addr()?).await;
/// let mut client = TcpStream::connect(line.address()).await?;
/// let _accepted = server.accept().await?;
///
/// line.cut();
/// assert!(!matches!(client.read(&mut [0]).await, Ok(1..)));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    line: watch::Sender<Line>,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

/// The state of a line.
#[derive(Debug, Clone, Copy)]
struct Line {
    passage: Passage,
    /// Connections of an earlier age have been broken.
    age: u64,
    /// Whether those that were broken last were broken on the client's side alone.
    is_stranding: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passage {
    Open,
    Stalled,
    Closed,
}

impl Proxy {
    /// A line to this server.
    ///
    /// # Panics
    ///
    /// When loopback cannot be listened to.
    pub async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let line = watch::Sender::new(Line { passage: Passage::Open, age: 0, is_stranding: false });
        let connections = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(serve(listener, server, line.clone(), connections.clone()));
        Self { address, line, connections, task }
    }

    /// Where clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections there are now.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Lets everything pass again; what was held back comes first. Stranded connections end now.
    pub fn resume(&self) {
        self.line.send_modify(|line| (line.passage, line.is_stranding) = (Passage::Open, false));
    }

    /// Holds all bytes back, of new connections too. Nobody is told: the line is just silent.
    pub fn stall(&self) {
        self.line.send_modify(|line| line.passage = Passage::Stalled);
    }

    /// Breaks all connections, and lets new ones pass.
    pub fn cut(&self) {
        self.break_all(Passage::Open, false);
    }

    /// Breaks all connections, and each new one at once, until [`Proxy::resume`].
    pub fn close(&self) {
        self.break_all(Passage::Closed, false);
    }

    /// Breaks all connections as their clients see it, while the server believes them alive until the line
    /// is resumed or broken again: what a client that fell off the network leaves behind. New ones pass.
    pub fn strand(&self) {
        self.break_all(Passage::Open, true);
    }

    fn break_all(&self, passage: Passage, is_stranding: bool) {
        self.line.send_modify(|line| *line = Line { passage, age: line.age + 1, is_stranding });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        self.break_all(Passage::Closed, false);
    }
}

async fn serve(
    listener: TcpListener,
    server: SocketAddr,
    line: watch::Sender<Line>,
    connections: Arc<AtomicUsize>,
) {
    loop {
        let Ok((client, _)) = listener.accept().await else {
            // The process has too many files open: some will be closed.
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            continue;
        };
        let (line, connections) = (line.subscribe(), connections.clone());
        tokio::spawn(async move {
            connections.fetch_add(1, Ordering::Relaxed);
            // A failure on either side is the end of this connection, as it is without a proxy.
            let _ = pass(client, server, line).await;
            connections.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

async fn pass(client: TcpStream, server: SocketAddr, line: watch::Receiver<Line>) -> io::Result<()> {
    let Line { age, passage, .. } = *line.borrow();
    client.set_nodelay(true)?;
    let mut breaks = line.clone();
    if passage == Passage::Closed {
        return client.set_zero_linger();
    }
    let upstream = tokio::select! {
        upstream = TcpStream::connect(server) => upstream?,
        _ = breaks.wait_for(|line| line.age != age) => return client.set_zero_linger(),
    };
    upstream.set_nodelay(true)?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = upstream.into_split();
    let end = tokio::select! {
        biased;
        // It errs when the proxy is gone, which breaks the line as well.
        _ = breaks.wait_for(|line| line.age != age) => None,
        end = async {
            tokio::try_join!(
                copy(&mut from_client, &mut to_server, line.clone()),
                copy(&mut from_server, &mut to_client, line.clone()),
            )
        } => Some(end),
    };
    if let Some(end) = end {
        return end.map(drop);
    }
    // A line that breaks is reset, not closed in good order.
    from_client.as_ref().set_zero_linger()?;
    drop((from_client, to_client));
    let Line { age: broken_in, is_stranding, .. } = *line.borrow();
    if is_stranding {
        let _ = breaks.wait_for(|line| line.age != broken_in || !line.is_stranding).await;
    }
    from_server.as_ref().set_zero_linger()?;
    drop(to_server);
    Ok(())
}

/// Passes bytes on in one direction until the sender has no more.
async fn copy(
    from: &mut OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    mut line: watch::Receiver<Line>,
) -> io::Result<()> {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let count = from.read(&mut bytes).await?;
        if line.wait_for(|line| line.passage != Passage::Stalled).await.is_err() {
            return Ok(());
        }
        if count == 0 {
            return to.shutdown().await;
        }
        to.write_all(&bytes[..count]).await?;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A client and the server's end of its connection, through a proxy.
    async fn line() -> (Proxy, TcpListener, TcpStream, TcpStream) {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let proxy = Proxy::start(server.local_addr().unwrap()).await;
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        let (mut accepted, _) = server.accept().await.unwrap();
        // A byte has passed, so the proxy has done its part of connecting.
        client.write_u8(0).await.unwrap();
        assert_eq!(heard(&mut accepted).await, Some(0));
        (proxy, server, client, accepted)
    }

    async fn heard(stream: &mut TcpStream) -> Option<u8> {
        stream.read_u8().await.ok()
    }

    async fn hears_nothing(stream: &mut TcpStream) -> bool {
        tokio::time::timeout(Duration::from_millis(40), stream.read_u8()).await.is_err()
    }

    #[tokio::test]
    async fn bytes_pass_both_ways_and_ends_are_passed_on() {
        let (proxy, _server, mut client, mut accepted) = line().await;
        client.write_u8(1).await.unwrap();
        assert_eq!(heard(&mut accepted).await, Some(1));
        accepted.write_u8(2).await.unwrap();
        assert_eq!(heard(&mut client).await, Some(2));
        assert_eq!(proxy.connections(), 1);
        client.shutdown().await.unwrap();
        assert_eq!(heard(&mut accepted).await, None);
        // Only one direction has ended.
        accepted.write_u8(3).await.unwrap();
        assert_eq!(heard(&mut client).await, Some(3));
    }

    #[tokio::test]
    async fn what_a_stall_holds_back_comes_late() {
        let (proxy, _server, mut client, mut accepted) = line().await;
        proxy.stall();
        client.write_u8(1).await.unwrap();
        assert!(hears_nothing(&mut accepted).await);
        proxy.resume();
        assert_eq!(heard(&mut accepted).await, Some(1));
    }

    #[tokio::test]
    async fn a_closed_line_refuses_and_a_cut_one_does_not() {
        let (proxy, server, mut client, mut accepted) = line().await;
        proxy.close();
        assert_eq!(heard(&mut client).await, None);
        assert_eq!(heard(&mut accepted).await, None);
        // The system may have taken the connection before the proxy refuses it.
        if let Ok(mut refused) = TcpStream::connect(proxy.address()).await {
            assert_eq!(heard(&mut refused).await, None);
        }
        proxy.cut();
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        let (mut accepted, _) = server.accept().await.unwrap();
        client.write_u8(9).await.unwrap();
        assert_eq!(heard(&mut accepted).await, Some(9));
    }

    #[tokio::test]
    async fn a_stranded_client_is_gone_and_its_server_does_not_know() {
        let (proxy, _server, mut client, mut accepted) = line().await;
        proxy.strand();
        assert_eq!(heard(&mut client).await, None);
        assert!(hears_nothing(&mut accepted).await);
        proxy.resume();
        assert_eq!(heard(&mut accepted).await, None);
    }
}
