//! [`Guarded`]: makes connections, and only to addresses that may be called.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::Service;

use super::error::Guard;
use super::ranges::is_public;
use super::resolve::Resolve;
use super::target::{Host, Target};
use crate::http::{BoxError, Network};

/// How long an attempt has before the next address is tried beside it (RFC 8305).
const HEAD_START: Duration = Duration::from_millis(250);
/// How many addresses of a name are tried.
const MOST: usize = 8;

/// What may be called.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) ports: Vec<u16>,
    pub(super) networks: Vec<Network>,
    pub(super) https_only: bool,
    pub(super) resolver: Arc<dyn Resolve>,
}

impl Policy {
    /// Looks at a URL without resolving its name.
    pub(super) fn look_at(&self, uri: &Uri) -> Result<Target, Guard> {
        let target = Target::of(uri)?;
        if self.https_only && !target.secure {
            return Err(Guard::Invalid("is not https"));
        }
        if !self.ports.contains(&target.port) {
            return Err(Guard::Invalid("has a port that is not called"));
        }
        if let Host::Address(address) = target.host
            && !self.allows(address)
        {
            return Err(forbidden(&target, address));
        }
        Ok(target)
    }

    fn allows(&self, address: IpAddr) -> bool {
        let plain = address.to_canonical();
        is_public(plain) || self.networks.iter().any(|network| network.contains(plain))
    }

    /// The addresses that a target leads to, all of which may be called.
    pub(super) async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, BoxError> {
        let found = match &target.host {
            Host::Address(address) => vec![*address],
            Host::Name(name) => self.resolver.resolve(name).await?,
        };
        if let Some(refused) = found.iter().find(|address| !self.allows(**address)) {
            return Err(forbidden(target, *refused).into());
        }
        if found.is_empty() {
            return Err(io::Error::from(io::ErrorKind::NotFound).into());
        }
        // The families take turns, so that one that is broken does not use up the attempts.
        let first_is_v6 = found[0].is_ipv6();
        let (mut first, mut second): (Vec<_>, Vec<_>) = found
            .into_iter()
            .map(|address| address.to_canonical())
            .partition(|address| address.is_ipv6() == first_is_v6);
        first.truncate(MOST);
        second.truncate(MOST);
        let mut turns = Vec::with_capacity(MOST);
        let (mut first, mut second) = (first.into_iter(), second.into_iter());
        while turns.len() < MOST {
            let pair = [first.next(), second.next()];
            if pair == [None, None] {
                break;
            }
            turns.extend(pair.into_iter().flatten().map(|address| SocketAddr::new(address, target.port)));
        }
        Ok(turns)
    }
}

fn forbidden(target: &Target, address: IpAddr) -> Guard {
    tracing::warn!(host = ?target.host, port = target.port, %address, "an outgoing call to this address was refused");
    Guard::Forbidden
}

/// Makes connections to the addresses that it has looked at itself, whoever asks.
#[derive(Debug, Clone)]
pub(super) struct Guarded(pub(super) Arc<Policy>);

impl Service<Uri> for Guarded {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let policy = Arc::clone(&self.0);
        Box::pin(async move {
            let target = policy.look_at(&uri)?;
            let addresses = policy.addresses(&target).await?;
            let stream = connect(addresses).await?;
            stream.set_nodelay(true)?;
            Ok(TokioIo::new(stream))
        })
    }
}

/// The first connection of those to these addresses, each tried a little after the one before, or at once when that
/// one has failed.
async fn connect(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    type Attempt = Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>;
    let attempt = |address| -> Attempt { Box::pin(TcpStream::connect(address)) };
    let mut addresses = addresses.into_iter();
    let mut attempts: FuturesUnordered<Attempt> = addresses.next().map(attempt).into_iter().collect();
    let mut failed = io::Error::from(io::ErrorKind::NotFound);
    loop {
        let next = addresses.len() > 0;
        tokio::select! {
            ended = attempts.next() => match ended {
                Some(Ok(stream)) => return Ok(stream),
                Some(Err(error)) => failed = error,
                None if !next => return Err(failed),
                None => {}
            },
            () = tokio::time::sleep(HEAD_START), if next => {}
        }
        attempts.extend(addresses.next().map(attempt));
    }
}
