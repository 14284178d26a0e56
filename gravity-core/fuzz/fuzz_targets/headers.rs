//! Header fields: cookies, proxies, traces, ids, keys, credentials, media types.
#![no_main]

use std::net::{IpAddr, Ipv4Addr};

use gravity_core::http::extract::multipart::{boundary, disposition};
use gravity_core::http::layer::TraceContext;
use gravity_core::http::{
    Conditional, IdempotencyKey, ProxyHeader, RequestId, TrustedProxies, cookie, credentials, forwarded,
    media,
};
use http::header::{ACCEPT, FORWARDED};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let bearer = credentials::parse_bearer(data);
    if let credentials::Bearer::Token(token) = bearer {
        assert!(!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));
        assert_eq!(credentials::parse_bearer(format!("bEARER {token}").as_bytes()), bearer);
    }
    if let Some(found) = disposition(data) {
        assert!(std::str::from_utf8(data).unwrap().contains('='), "{found:?}");
    }
    if let Ok(text) = std::str::from_utf8(data) {
        texts(text);
        proxies(text);
    }
    if let Ok(value) = HeaderValue::from_bytes(data) {
        values(value);
    }
});

fn texts(text: &str) {
    for (name, value) in cookie::pairs(text) {
        assert!(!name.is_empty() && !name.contains(['=', ';', ' ']));
        assert!(value.bytes().all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte)));
        let again = format!("{name}={value}");
        assert_eq!(cookie::pairs(&again).collect::<Vec<_>>(), [(name, value)]);
    }
    if let Some(trace) = TraceContext::parse(text) {
        assert_eq!(TraceContext::parse(&trace.to_string()), Some(trace));
        assert_eq!(TraceContext::parse(trace.header().to_str().unwrap()), Some(trace));
        assert_eq!(trace.trace_id(), text[3..35]);
        assert_eq!(trace.span_id(), text[36..52]);
    }
    if let Some(id) = RequestId::parse(text) {
        assert_eq!(id.as_str(), text);
        assert!(HeaderValue::from_str(text).is_ok());
    }
    if let Some(key) = IdempotencyKey::parse(text) {
        let key = key.as_str();
        assert!((1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()));
        let quoted = format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""));
        assert_eq!(IdempotencyKey::parse(&quoted).unwrap().as_str(), key);
    }
    if let Some(found) = boundary(text) {
        assert!((1..=70).contains(&found.len()) && found.is_ascii());
        assert_eq!(boundary(&format!("multipart/form-data; boundary=\"{found}\"")), Some(found));
    }
}

fn proxies(text: &str) {
    if let Some(addr) = forwarded::node(text) {
        assert_eq!(addr, addr.to_canonical());
        assert_eq!(forwarded::node(&addr.to_string()), Some(addr));
    }
    let hops = forwarded::x_forwarded_for(text);
    assert_eq!(hops.len(), text.split(',').count());
    let _ = forwarded::forwarded(text);
    let _ = TrustedProxies::new([text]);
}

fn values(value: HeaderValue) {
    let offered = ["application/json", "text/html; charset=utf-8", "text/csv"];
    let headers = HeaderMap::from_iter([(ACCEPT, value.clone())]);
    let weights = offered.map(|offered| media::weight(&headers, offered));
    let most = *weights.iter().max().unwrap();
    assert!(most <= 1000);
    let best = weights.iter().position(|weight| *weight == most).filter(|_| most > 0).map(|at| offered[at]);
    assert_eq!(media::best(&headers, &offered), best);

    // However the header reads, the client is the peer, or one that the header names.
    let peer = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    let trusted = TrustedProxies::new(["10.0.0.0/8"]).unwrap();
    let other = HeaderName::from_static("x-forwarded-for");
    for (name, header) in [(FORWARDED, ProxyHeader::Forwarded), (other, ProxyHeader::XForwardedFor)] {
        let headers = HeaderMap::from_iter([(name, value.clone())]);
        let trusted = trusted.clone().header(header);
        let client = trusted.client(peer, &headers);
        let named = value.to_str().map_or(Vec::new(), |text| match header {
            ProxyHeader::Forwarded => forwarded::forwarded(text),
            _ => forwarded::x_forwarded_for(text),
        });
        assert!(client == peer || named.contains(&Some(client)));
        let stranger = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        assert_eq!(trusted.client(stranger, &headers), stranger, "only a proxy is believed");
    }
    for name in ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"] {
        let headers = HeaderMap::from_iter([(HeaderName::from_static(name), value.clone())]);
        let _ = Conditional::parse(&Method::GET, &headers);
    }
}
