//! Where proxies say a request comes from: `Forwarded` (RFC 7239) and `X-Forwarded-For`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::{HeaderMap, HeaderName};

use super::field;
use super::proxies::ProxyHeader;

/// How many hops are followed; no real chain is as long.
const MAX_HOPS: usize = 32;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The hops from the nearest to the farthest. `None` stands for one that does not say who it is.
pub(crate) fn hops(headers: &HeaderMap, header: ProxyHeader) -> impl Iterator<Item = Option<IpAddr>> {
    let name = match header {
        ProxyHeader::XForwardedFor => X_FORWARDED_FOR,
        ProxyHeader::Forwarded => http::header::FORWARDED,
    };
    let read = move |line: &str| match header {
        ProxyHeader::XForwardedFor => x_forwarded_for(line),
        ProxyHeader::Forwarded => forwarded(line),
    };
    // Each line is read on its own: a quote that a client leaves open in the first must not reach into
    // what a proxy has added in the next.
    let lines: Vec<_> = headers.get_all(name).iter().map(|value| value.to_str().ok()).collect();
    lines
        .into_iter()
        .rev()
        .flat_map(move |line| line.map_or_else(|| vec![None], |line| read(line).into_iter().rev().collect()))
        .take(MAX_HOPS)
}

/// The hops of one `X-Forwarded-For` line, in its order.
pub fn x_forwarded_for(line: &str) -> Vec<Option<IpAddr>> {
    line.split(',').map(|hop| node(hop.trim_matches([' ', '\t']))).collect()
}

/// The hops of one `Forwarded` line, in its order. An element that breaks the grammar, or has no `for`,
/// does not say who it is.
pub fn forwarded(line: &str) -> Vec<Option<IpAddr>> {
    field::split(line, b',').map(element).collect()
}

fn element(text: &str) -> Option<IpAddr> {
    let mut found = None;
    for piece in field::split(text, b';').filter(|piece| !piece.trim().is_empty()) {
        let (name, value) = parameter(piece)?;
        if name.eq_ignore_ascii_case("for") {
            // Two of them contradict each other.
            if found.replace(node(&value)).is_some() {
                return None;
            }
        }
    }
    found.flatten()
}

/// A parameter; an address with a port is often written without the quotes that it needs.
fn parameter(piece: &str) -> Option<(&str, std::borrow::Cow<'_, str>)> {
    field::parameter(piece).or_else(|| {
        let (name, value) = piece.trim_matches([' ', '\t']).split_once('=')?;
        (field::is_token(name) && !value.contains(['"', '\\', ' '])).then_some((name, value.into()))
    })
}

/// A node: an address with or without a port; an IPv6 address with or without brackets. `None` for
/// `unknown`, hidden names and anything else.
pub fn node(text: &str) -> Option<IpAddr> {
    if let Some(rest) = text.strip_prefix('[') {
        let (addr, after) = rest.split_once(']')?;
        let addr: Ipv6Addr = addr.parse().ok()?;
        let port_is_fine = after.is_empty() || after.strip_prefix(':').is_some_and(is_port);
        return port_is_fine.then(|| IpAddr::V6(addr).to_canonical());
    }
    if let Ok(addr) = text.parse::<IpAddr>() {
        return Some(addr.to_canonical());
    }
    let (addr, port) = text.split_once(':')?;
    let addr: Ipv4Addr = addr.parse().ok()?;
    is_port(port).then_some(IpAddr::V4(addr))
}

/// A port, or a hidden one such as `_x`.
fn is_port(text: &str) -> bool {
    match text.strip_prefix('_') {
        Some(hidden) => {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            !hidden.is_empty() && hidden.bytes().all(allowed)
        }
        None => {
            text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
        }
    }
}
