//! [`ClientAddr`]: where a request comes from.

use std::net::IpAddr;

use super::FromParts;
use crate::http::host::PeerAddr;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::problem::Problem;
use crate::http::problems;
use crate::http::proxies::TrustedProxies;

/// Where a request comes from: the other end of the connection or, behind
/// [`TrustedProxies`](crate::http::TrustedProxies), whom they speak for. A mapped IPv4 address is given
/// as IPv4.
///
/// A request that came over no connection, as a client in the same process sends it, has none: take an
/// `Option<ClientAddr>` where that is to be answered too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddr(pub IpAddr);

impl ClientAddr {
    /// Where a request comes from, for layers and authenticators.
    pub fn of(head: &http::request::Parts) -> Option<Self> {
        let peer = PeerAddr::of(&head.extensions)?.ip();
        Some(Self(match head.extensions.get::<TrustedProxies>() {
            Some(proxies) => proxies.client(peer, &head.headers),
            None => peer.to_canonical(),
        }))
    }
}

impl<S> FromParts<S> for ClientAddr {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(parts.head()).ok_or_else(|| {
            Problem::new(problems::INTERNAL).because("the host has not said where the request comes from")
        })
    }

    fn describe(_: &mut Operation<'_>) {}
}

/// Where a request comes from, if it came over a connection.
impl<S> FromParts<S> for Option<ClientAddr> {
    fn from_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(ClientAddr::of(parts.head()))
    }

    fn describe(_: &mut Operation<'_>) {}
}
