//! Where a request comes from.
#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod common;

use std::net::{IpAddr, SocketAddr};

use common::{call, empty};
use gravity_core::http::forwarded::{forwarded, node, x_forwarded_for};
use gravity_core::http::{Body, ClientAddr, PeerAddr, ProxyHeader, TrustedProxies};
use http::{HeaderMap, HeaderValue, Request};
use proptest::prelude::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn from(peer: &str, header: &'static str, lines: &[&str]) -> Request<Body> {
    let mut builder = Request::get("/").extension(PeerAddr(SocketAddr::new(ip(peer), 1234)));
    for line in lines {
        builder = builder.header(header, *line);
    }
    empty(builder)
}

async fn who(client: ClientAddr) -> String {
    client.0.to_string()
}

async fn maybe(client: Option<ClientAddr>) -> String {
    client.map_or_else(|| "nobody".to_owned(), |client| client.0.to_string())
}

#[tokio::test]
async fn nobody_is_believed_who_was_not_named() {
    let routes = at_root!(who);
    for header in ["x-forwarded-for", "forwarded"] {
        let lines = ["6.6.6.6", "for=6.6.6.6"];
        assert_eq!(call(&routes, from("10.0.0.1", header, &lines)).await.text(), "10.0.0.1");
    }
    assert_eq!(call(&routes, from("::ffff:10.0.0.1", "x", &[])).await.text(), "10.0.0.1");
    assert_eq!(call(&routes, empty(Request::get("/"))).await.status, 500);
    assert_eq!(call(&at_root!(maybe), empty(Request::get("/"))).await.text(), "nobody");
}

#[tokio::test]
async fn the_chain_is_followed_while_it_is_trusted() {
    let proxies = TrustedProxies::new(["10.0.0.0/8", "2001:db8::/32"]).unwrap();
    let routes = at_root!(who).layer(proxies);
    for (peer, lines, client) in [
        ("10.0.0.1", &["203.0.113.9"][..], "203.0.113.9"),
        ("10.0.0.1", &["6.6.6.6, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", &["6.6.6.6, 203.0.113.9 ,10.1.1.1"], "203.0.113.9"),
        ("10.0.0.1", &["6.6.6.6", "203.0.113.9", "2001:db8::5"], "203.0.113.9"),
        ("10.0.0.1", &["10.9.9.9"], "10.9.9.9"),
        ("10.0.0.1", &["203.0.113.9:5555"], "203.0.113.9"),
        ("10.0.0.1", &["[2001:db9::1]:5555"], "2001:db9::1"),
        ("10.0.0.1", &["2001:db9::1"], "2001:db9::1"),
        ("::ffff:10.0.0.1", &["::ffff:203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", &["6.6.6.6, unknown"], "10.0.0.1"),
        ("10.0.0.1", &["6.6.6.6, unknown, 10.0.0.7"], "10.0.0.7"),
        ("10.0.0.1", &["6.6.6.6, "], "10.0.0.1"),
        ("10.0.0.1", &["' OR 1=1"], "10.0.0.1"),
        ("10.0.0.1", &[], "10.0.0.1"),
        ("203.0.113.1", &["6.6.6.6"], "203.0.113.1"),
    ] {
        assert_eq!(call(&routes, from(peer, "x-forwarded-for", lines)).await.text(), client, "{lines:?}");
    }
    assert_eq!(call(&routes, from("10.0.0.1", "forwarded", &["for=6.6.6.6"])).await.text(), "10.0.0.1");
}

#[tokio::test]
async fn the_standard_header_is_followed_where_proxies_write_it() {
    let proxies = TrustedProxies::new(["10.0.0.0/8"]).unwrap().header(ProxyHeader::Forwarded);
    let routes = at_root!(who).layer(proxies);
    for (lines, client) in [
        (&["for=203.0.113.9"][..], "203.0.113.9"),
        (&["For=6.6.6.6, for=\"[2001:db8:cafe::17]:4711\";proto=https;by=10.0.0.1"], "2001:db8:cafe::17"),
        (&["for=203.0.113.9;host=\"a,b;for=6.6.6.6\", for=10.2.2.2"], "203.0.113.9"),
        (&["for=203.0.113.9:80"], "203.0.113.9"),
        (&["for=\"203.0.113.9:_port\""], "203.0.113.9"),
        (&["for=6.6.6.6, for=unknown"], "10.0.0.1"),
        (&["for=6.6.6.6, for=_hidden"], "10.0.0.1"),
        (&["for=6.6.6.6, proto=https"], "10.0.0.1"),
        (&["for=6.6.6.6;for=7.7.7.7"], "10.0.0.1"),
        // A quote that the client leaves open must not swallow what the proxy adds, on the line or below.
        (&["for=6.6.6.6;x=\"", "for=203.0.113.9"], "203.0.113.9"),
        (&["for=6.6.6.6, for=7.7.7.7;x=\", for=203.0.113.9"], "10.0.0.1"),
        (&["for=6.6.6.6, for=7.7.7.7;x=\", for=\"[2001:db8::1]\""], "10.0.0.1"),
    ] {
        assert_eq!(call(&routes, from("10.0.0.1", "forwarded", lines)).await.text(), client, "{lines:?}");
    }
    assert_eq!(call(&routes, from("10.0.0.1", "x-forwarded-for", &["6.6.6.6"])).await.text(), "10.0.0.1");
}

#[test]
fn networks_are_checked() {
    for bad in [
        "",
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.0/+8",
        "::/129",
        "example.com",
        "10.0.0.0/8/8",
        "::ffff:0:0/64",
    ] {
        assert!(TrustedProxies::new([bad]).is_err(), "{bad}");
    }
    let all = TrustedProxies::new(["0.0.0.0/0"]).unwrap();
    assert!(all.trusts(ip("1.2.3.4")) && all.trusts(ip("::ffff:1.2.3.4")) && !all.trusts(ip("::1")));
    let one = TrustedProxies::new(["::ffff:10.0.0.0/104"]).unwrap();
    assert!(one.trusts(ip("10.9.9.9")) && !one.trusts(ip("11.0.0.0")));
}

proptest! {
    #[test]
    fn networks_hold_what_shares_their_bits(base: u32, other: u32, bits in 0_u32..=32) {
        let network = format!("{}/{bits}", IpAddr::V4(base.into()));
        let proxies = TrustedProxies::new([network.as_str()]).unwrap();
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        prop_assert_eq!(proxies.trusts(IpAddr::V4(other.into())), base & mask == other & mask);
        prop_assert!(proxies.trusts(IpAddr::V4(base.into())));
    }

    #[test]
    fn every_address_is_read_in_every_form(bits: u128, port: u16) {
        let v6 = IpAddr::V6(bits.into());
        let want = Some(v6.to_canonical());
        prop_assert_eq!(node(&v6.to_string()), want);
        prop_assert_eq!(node(&format!("[{v6}]")), want);
        prop_assert_eq!(node(&format!("[{v6}]:{port}")), want);
    }

    #[test]
    fn parsers_take_any_text(text in ".*") {
        drop((node(&text), forwarded(&text), x_forwarded_for(&text)));
    }

    /// Whatever a client writes, the proxy's own element is what counts.
    #[test]
    fn a_client_cannot_forge_its_address(forged in "[ -~]{0,40}", standard: bool) {
        let header = if standard { ProxyHeader::Forwarded } else { ProxyHeader::XForwardedFor };
        let proxies = TrustedProxies::new(["10.0.0.1"]).unwrap().header(header);
        let real = if standard { "for=\"203.0.113.9\"" } else { "203.0.113.9" };
        let mut headers = HeaderMap::new();
        let name = if standard { "forwarded" } else { "x-forwarded-for" };
        headers.insert(name, HeaderValue::try_from(format!("{forged}, {real}")).unwrap());
        let client = proxies.client(ip("10.0.0.1"), &headers);
        prop_assert!(client == ip("203.0.113.9") || client == ip("10.0.0.1"), "{}", client);
    }
}
