//! Addresses, compared as RFC 3986 has it.

use http::Uri;

/// Scheme, host, port and path of an address, without query and fragment; `None` for what is none.
pub(super) fn normal(url: &str) -> Option<String> {
    if url.len() > 4_096 {
        return None;
    }
    let url = url.split('#').next()?;
    let uri: Uri = url.parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let authority = uri.authority()?;
    if authority.as_str().contains('@') {
        return None;
    }
    let host = authority.host().to_ascii_lowercase();
    let default = match &*scheme {
        "https" => 443,
        "http" => 80,
        _ => return None,
    };
    let port = match authority.as_str().strip_prefix(authority.host())? {
        "" | ":" => default,
        port => port.strip_prefix(':')?.parse().ok()?,
    };
    let path = if uri.path().is_empty() { "/" } else { uri.path() };
    Some(format!("{scheme}://{host}:{port}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_in_many_forms() {
        let expected = normal("https://api.example.org/a/b");
        for url in [
            "https://api.example.org/a/b?c=d",
            "https://api.example.org/a/b#c",
            "https://API.Example.org:443/a/b",
            "HTTPS://api.example.org/a/b?",
        ] {
            assert_eq!(normal(url), expected, "{url}");
        }
        for url in [
            "http://api.example.org/a/b",
            "https://api.example.org:8443/a/b",
            "https://api.example.org/a/B",
            "https://api.example.org/a/b/",
            "https://api.example.org.evil/a/b",
            "https://user@api.example.org/a/b",
            "/a/b",
            "ftp://api.example.org/a/b",
            "",
        ] {
            assert_ne!(normal(url), expected, "{url}");
        }
    }
}
