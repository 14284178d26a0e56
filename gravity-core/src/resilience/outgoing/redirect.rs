//! Redirects: where they lead, and what goes along.

use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE,
    COOKIE, HOST, PROXY_AUTHORIZATION, TRANSFER_ENCODING,
};
use http::{HeaderMap, HeaderName, Method, StatusCode, Uri};

use super::target::Target;

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Whether a status asks to go elsewhere.
pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The method to go on with, when it is another one: then the body stays behind.
pub(super) fn other_method(status: StatusCode, method: &Method) -> Option<Method> {
    let drops = match status.as_u16() {
        303 => method != Method::GET && method != Method::HEAD,
        301 | 302 => method == Method::POST,
        _ => false,
    };
    drops.then_some(Method::GET)
}

/// Takes away what describes a body that stays behind.
pub(super) fn drop_body(headers: &mut HeaderMap) {
    for name in [
        CONTENT_ENCODING,
        CONTENT_LANGUAGE,
        CONTENT_LENGTH,
        CONTENT_LOCATION,
        CONTENT_TYPE,
        TRANSFER_ENCODING,
    ] {
        headers.remove(name);
    }
}

/// Takes away what another origin must not see: credentials, and whatever the caller has marked as sensitive.
pub(super) fn drop_credentials(headers: &mut HeaderMap) {
    let secret: Vec<HeaderName> =
        headers.iter().filter(|(_, value)| value.is_sensitive()).map(|(name, _)| name.clone()).collect();
    for name in secret.into_iter().chain([AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, X_API_KEY, HOST]) {
        headers.remove(name);
    }
}

/// Whether two URLs have the same scheme, host and port.
pub(super) fn same_origin(one: &Target, other: &Target) -> bool {
    one == other
}

/// Where a `Location` leads from here; `None` where it makes no sense.
pub(super) fn follow(from: &Uri, location: &str) -> Option<Uri> {
    let location = location.split('#').next().unwrap_or_default();
    let path = from.path();
    let query = from.query().map(|query| format!("?{query}")).unwrap_or_default();
    let origin = format!("{}://{}", from.scheme_str()?, from.authority()?);
    let has_scheme = location.split(['/', '?']).next().is_some_and(|first| first.contains(':'));
    let url = if has_scheme {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{}:{location}", from.scheme_str()?)
    } else if location.is_empty() {
        format!("{origin}{path}{query}")
    } else if location.starts_with('?') {
        format!("{origin}{path}{location}")
    } else {
        let (relative, query) = location.split_at(location.find('?').unwrap_or(location.len()));
        let joined = if relative.starts_with('/') {
            relative.to_owned()
        } else {
            format!("{}/{relative}", path.rsplit_once('/').map_or("", |(folder, _)| folder))
        };
        format!("{origin}{}{query}", without_dots(&joined))
    };
    let uri: Uri = url.parse().ok()?;
    uri.scheme().is_some().then_some(uri)
}

/// A path without `.` and `..` (RFC 3986, 5.2.4).
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_where_rfc_3986_says() {
        let from: Uri = "http://a/b/c/d;p?q".parse().unwrap();
        for (location, expected) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g/"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q"),
            ("g#s", "http://a/b/c/g"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("g/../h", "http://a/b/c/h"),
            ("g?y/./x", "http://a/b/c/g?y/./x"),
            ("https://x/y", "https://x/y"),
        ] {
            assert_eq!(follow(&from, location).unwrap().to_string(), expected, "{location}");
        }
        for location in ["http:g", "javascript:alert(1)", "http://", "//", "/a b"] {
            assert!(follow(&from, location).is_none_or(|uri| Target::of(&uri).is_err()), "{location}");
        }
    }
}
