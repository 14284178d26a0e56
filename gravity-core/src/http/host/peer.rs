//! [`PeerAddr`]: who is at the other end of the connection.

use std::net::SocketAddr;

use http::Extensions;

/// The address of the other end of the connection: the client's, or that of the proxy before us.
/// Every host puts it into the request's extensions, where it knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeerAddr(pub SocketAddr);

impl PeerAddr {
    /// The address that the request came from.
    pub fn of(extensions: &Extensions) -> Option<SocketAddr> {
        extensions.get::<Self>().map(|peer| peer.0)
    }
}
