//! Whose pages may open a socket. A browser lets every page open one to any server, and sends the
//! user's cookies along; only the server can refuse (cross-site WebSocket hijacking).

use http::HeaderMap;
use http::header::{HOST, ORIGIN};
use http::uri::Authority;

/// Which origins are let in. A client that sends none is no browser, and is let in always.
#[derive(Debug, Clone, Default)]
pub(crate) enum Origins {
    /// The host that was asked.
    #[default]
    Same,
    Only(Vec<Origin>),
    Any,
}

impl Origins {
    pub(crate) fn admit(&self, headers: &HeaderMap) -> bool {
        let mut sent = headers.get_all(ORIGIN).iter();
        let (first, second) = (sent.next(), sent.next());
        let Some(first) = first else { return true };
        if matches!(self, Self::Any) {
            return true;
        }
        let Some(origin) = first.to_str().ok().filter(|_| second.is_none()).and_then(Origin::parse) else {
            return false;
        };
        match self {
            Self::Any => true,
            Self::Only(allowed) => allowed.contains(&origin),
            Self::Same => headers.get(HOST).and_then(|host| host.to_str().ok()).is_some_and(|host| {
                // What stands before a proxy may speak TLS where this server does not, so that the
                // scheme is the origin's word, and decides the port that goes without saying.
                Origin::of(&origin.scheme, host).is_some_and(|own| own == origin)
            }),
        }
    }
}

/// A scheme, a host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Origin {
    /// Reads `https://example.com` or `http://localhost:3000`; `null` is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        Self::of(&scheme.to_ascii_lowercase(), authority)
    }

    fn of(scheme: &str, authority: &str) -> Option<Self> {
        if authority.contains('@') {
            return None;
        }
        let authority: Authority = authority.parse().ok()?;
        let ports = authority.as_str().rsplit_once(':').filter(|(_, port)| !port.ends_with(']'));
        let port = match (authority.port_u16(), ports, scheme) {
            (Some(port), ..) => Some(port),
            // A colon without a port that can be one.
            (None, Some(_), _) => return None,
            (None, None, "http") => Some(80),
            (None, None, "https") => Some(443),
            (None, None, _) => None,
        };
        Some(Self { scheme: scheme.to_owned(), host: authority.host().to_ascii_lowercase(), port })
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::{HOST, HeaderValue, ORIGIN};

    use super::{Origin, Origins};

    fn headers(host: &'static str, origins: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static(host));
        for origin in origins {
            headers.append(ORIGIN, HeaderValue::from_static(origin));
        }
        headers
    }

    #[test]
    fn the_same_origin_is_that_of_the_host() {
        for (host, origin, admitted) in [
            ("example.com", "https://example.com", true),
            ("example.com", "http://example.com", true),
            ("EXAMPLE.com", "https://Example.COM", true),
            ("example.com:443", "https://example.com", true),
            ("example.com", "https://example.com:443", true),
            ("example.com:3000", "http://example.com:3000", true),
            ("[::1]:3000", "http://[::1]:3000", true),
            ("[::1]", "http://[::1]", true),
            ("example.com:3000", "http://example.com", false),
            ("example.com", "https://example.com:80", false),
            ("example.com", "https://example.com.evil.org", false),
            ("example.com", "https://evil.org", false),
            ("example.com", "https://example.com@evil.org", false),
            ("example.com", "https://evil.org@example.com", false),
            ("example.com", "https://example.com:", false),
            ("example.com", "null", false),
            ("example.com", "", false),
            ("example.com", "example.com", false),
        ] {
            assert_eq!(Origins::Same.admit(&headers(host, &[origin])), admitted, "{origin} at {host}");
        }
        assert!(Origins::Same.admit(&headers("example.com", &[])));
        assert!(!Origins::Same.admit(&headers("a.com", &["https://a.com", "https://b.com"])));
    }

    #[test]
    fn an_allow_list_is_exact() {
        let only = Origins::Only(vec![Origin::parse("https://app.example.com").unwrap()]);
        for (origin, admitted) in [
            ("https://app.example.com", true),
            ("https://app.example.com:443", true),
            ("http://app.example.com", false),
            ("https://example.com", false),
            ("https://sub.app.example.com", false),
            ("null", false),
        ] {
            assert_eq!(only.admit(&headers("api.example.com", &[origin])), admitted, "{origin}");
        }
        assert!(!only.admit(&headers("api.example.com", &["https://api.example.com"])));
        assert!(Origins::Any.admit(&headers("a.com", &["null"])));
    }
}
