//! [`PeerAddr`]: the other end of the connection.

use std::net::SocketAddr;

/// The other end of the connection that a request came in on, as the host puts it into the request's
/// extensions. Behind a proxy that is the proxy: [`ClientAddr`](super::ClientAddr) looks further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeerAddr(pub SocketAddr);
