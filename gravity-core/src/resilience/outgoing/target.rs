//! [`Target`]: a URL, taken apart and looked at.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::Uri;
use http::uri::{Authority, Scheme};

use super::error::Guard;

/// Where a URL leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) secure: bool,
    pub(super) host: Host,
    pub(super) port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    Address(IpAddr),
    /// In lower case.
    Name(String),
}

impl Target {
    /// Takes a URL apart, and refuses what has no business in one that a user gives.
    pub(super) fn of(uri: &Uri) -> Result<Self, Guard> {
        let secure = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(_) => return Err(Guard::Invalid("is neither http nor https")),
            None => return Err(Guard::Invalid("is not a complete URL")),
        };
        let authority = uri.authority().ok_or(Guard::Invalid("is not a complete URL"))?;
        if authority.as_str().contains('@') {
            return Err(Guard::Invalid("has a user name"));
        }
        let port = port(authority)?.unwrap_or(if secure { 443 } else { 80 });
        Ok(Self { secure, host: host(authority.host())?, port })
    }
}

fn port(authority: &Authority) -> Result<Option<u16>, Guard> {
    let after = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
    match after.strip_prefix(':') {
        None if after.is_empty() => Ok(None),
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().map(Some).map_err(|_| Guard::Invalid("has a port that is none"))
        }
        _ => Err(Guard::Invalid("has a port that is none")),
    }
}

fn host(text: &str) -> Result<Host, Guard> {
    const UNFIT: Guard = Guard::Invalid("has a host that is neither a name nor an ordinary address");
    if let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        let address: Ipv6Addr = inner.parse().map_err(|_| UNFIT)?;
        return Ok(Host::Address(address.into()));
    }
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(Host::Address(address.into()));
    }
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    // What ends in a number is an address in the eyes of some resolvers: 127.1, 0x7f.1, 017700000001.
    let is_number = |label: &str| {
        label.bytes().all(|byte| byte.is_ascii_digit())
            || label.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let fits = name.len() <= 253
        && name.split('.').all(is_label)
        && name.rsplit('.').next().is_some_and(|last| !is_number(last));
    if fits { Ok(Host::Name(name)) } else { Err(UNFIT) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Option<Target> {
        Target::of(&url.parse::<Uri>().ok()?).ok()
    }

    #[test]
    fn ordinary_urls() {
        let name =
            |secure, host: &str, port| Some(Target { secure, host: Host::Name(host.to_owned()), port });
        assert_eq!(target("https://Example.COM/a?b#c"), name(true, "example.com", 443));
        assert_eq!(target("http://example.com.:8080"), name(false, "example.com", 8080));
        assert_eq!(target("http://xn--bcher-kva.example"), name(false, "xn--bcher-kva.example", 80));
        let address = |host: &str, port| {
            Some(Target { secure: false, host: Host::Address(host.parse().unwrap()), port })
        };
        assert_eq!(target("http://1.2.3.4"), address("1.2.3.4", 80));
        assert_eq!(target("http://[::ffff:7f00:1]:81/"), address("::ffff:127.0.0.1", 81));
    }

    #[test]
    fn odd_ones_are_refused() {
        for url in [
            "ftp://example.com",
            "file:///etc/passwd",
            "gopher://example.com",
            "javascript:alert(1)",
            "//example.com",
            "/path",
            "",
            " http://example.com",
            "http://",
            "http:///path",
            "http://user@example.com",
            "http://user:password@example.com",
            "http://example.com@127.0.0.1",
            "http://example.com\\@127.0.0.1",
            "http://2130706433",
            "http://0x7f000001",
            "http://0X7F.1",
            "http://127.1",
            "http://127.0.1",
            "http://0177.0.0.1",
            "http://017700000001",
            "http://127.0.0.1.",
            "http://127.0.0.0x1",
            "http://1.2.3.4.5",
            "http://example.1",
            "http://127。0。0。1",
            "http://%31%32%37.0.0.1",
            "http://[fe80::1%25eth0]",
            "http://[::1",
            "http://[]",
            "http://example..com",
            "http://.",
            "http://exa mple.com",
            "http://example.com:",
            "http://example.com:+80",
            "http://example.com:99999",
            "http://b\u{fc}cher.example",
        ] {
            let target = target(url);
            assert_eq!(target, None, "{url}");
        }
    }
}
