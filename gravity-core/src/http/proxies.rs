//! [`TrustedProxies`]: whose word is taken on where a request comes from.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::HeaderMap;
use tower::{Layer, Service};

use super::Request;
use super::forwarded;

/// The proxies in front of the service, whose word is taken on where a request comes from.
///
/// Without it nobody's is: the client is whoever opened the connection. As a layer around routes it
/// tells [`ClientAddr`](super::ClientAddr) whom to believe:
///
/// ```
/// use gravity_core::http::{Routes, TrustedProxies};
///
/// # fn main() -> Result<(), gravity_core::http::InvalidNetwork> {
/// let proxies = TrustedProxies::new(["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"])?;
/// let routes: Routes = Routes::new().layer(proxies);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TrustedProxies(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    networks: Vec<Network>,
    header: ProxyHeader,
}

/// The header in which the proxies write whom they speak for.
///
/// Only that one is read: a proxy that writes one lets the other pass as the client wrote it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyHeader {
    /// `X-Forwarded-For`, which most proxies write.
    #[default]
    XForwardedFor,
    /// `Forwarded`, as RFC 7239 defines it.
    Forwarded,
}

impl TrustedProxies {
    /// Proxies at these addresses, or in these networks such as `10.0.0.0/8`, that write
    /// `X-Forwarded-For`.
    pub fn new<'a>(networks: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidNetwork> {
        let networks = networks.into_iter().map(str::parse).collect::<Result<_, _>>()?;
        Ok(Self(Arc::new(Inner { networks, header: ProxyHeader::default() })))
    }

    /// The header that they write.
    #[must_use]
    pub fn header(self, header: ProxyHeader) -> Self {
        Self(Arc::new(Inner { networks: self.0.networks.clone(), header }))
    }

    /// Whether a proxy stands at this address.
    pub fn trusts(&self, addr: IpAddr) -> bool {
        let addr = addr.to_canonical();
        self.0.networks.iter().any(|network| network.contains(addr))
    }

    /// Where a request comes from: the header is read from its end, which the nearest proxy wrote, for
    /// as long as whoever wrote it is trusted. Where a proxy does not say (`unknown`, a hidden name,
    /// garbage), the proxy itself is the answer.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if !self.trusts(client) {
            return client;
        }
        for hop in forwarded::hops(headers, self.0.header) {
            let Some(addr) = hop else { break };
            client = addr;
            if !self.trusts(client) {
                break;
            }
        }
        client
    }
}

/// Addresses that share their first bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    addr: IpAddr,
    bits: u32,
}

impl Network {
    pub(crate) fn contains(self, addr: IpAddr) -> bool {
        match (self.addr, addr) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()).checked_shr(32 - self.bits).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()).checked_shr(128 - self.bits).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let invalid = || InvalidNetwork(text.to_owned());
        let (addr, bits) = match text.split_once('/') {
            Some((addr, bits)) => (addr, Some(bits)),
            None => (text, None),
        };
        let addr: IpAddr = addr.parse().map_err(|_| invalid())?;
        let width = if addr.is_ipv4() { 32 } else { 128 };
        let bits: u32 = match bits {
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => {
                bits.parse().ok().filter(|bits| *bits <= width).ok_or_else(invalid)?
            }
            Some(_) => return Err(invalid()),
            None => width,
        };
        // A mapped IPv4 network is written as the IPv4 network that addresses are compared as.
        match addr.to_canonical() {
            mapped @ IpAddr::V4(_) if addr.is_ipv6() => {
                let bits = bits.checked_sub(96).ok_or_else(invalid)?;
                Ok(Self { addr: mapped, bits })
            }
            addr => Ok(Self { addr, bits }),
        }
    }
}

/// A text that is neither an address nor a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an address nor a network such as 10.0.0.0/8")]
pub struct InvalidNetwork(String);

impl<S> Layer<S> for TrustedProxies {
    type Service = Trusting<S>;

    fn layer(&self, inner: S) -> Trusting<S> {
        Trusting { inner, proxies: self.clone() }
    }
}

/// A service whose requests know the trusted proxies.
#[derive(Debug, Clone)]
pub struct Trusting<S> {
    inner: S,
    proxies: TrustedProxies,
}

impl<S: Service<Request>> Service<Request> for Trusting<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> S::Future {
        request.extensions_mut().insert(self.proxies.clone());
        self.inner.call(request)
    }
}
