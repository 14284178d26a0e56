//! [`Base`]: where a client's paths begin, and the addresses made from it.

use std::fmt::Write as _;

use http::Uri;
use http::uri::{Authority, Scheme};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::error::ClientError;

/// What a path segment must not hold as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The address below which a client calls.
#[derive(Debug, Clone)]
pub(super) struct Base {
    origin: Option<(Scheme, Authority)>,
    prefix: String,
}

impl Base {
    /// This process: a path is all there is.
    pub(super) fn local() -> Self {
        Self { origin: None, prefix: String::new() }
    }

    pub(super) fn parse(url: &str) -> Result<Self, ClientError> {
        // The address itself stays out of the messages: it may hold what its owner took for a secret.
        let invalid = |reason: &str| ClientError::Invalid(format!("the address of the service {reason}"));
        if url.contains(['?', '#']) {
            return Err(invalid("has a query or a fragment"));
        }
        let parts = Uri::try_from(url).map_err(|_| invalid("is not a URL"))?.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(invalid("is not an absolute URL"));
        };
        if scheme != Scheme::HTTP && scheme != Scheme::HTTPS {
            return Err(invalid("is neither http nor https"));
        }
        if authority.as_str().contains('@') {
            return Err(invalid("holds credentials; configure a bearer token or an API key instead"));
        }
        let path = parts.path_and_query.as_ref().map_or("", |path| path.path());
        Ok(Self { origin: Some((scheme, authority)), prefix: path.trim_end_matches('/').to_owned() })
    }

    pub(super) fn is_https(&self) -> bool {
        self.origin.as_ref().is_some_and(|(scheme, _)| *scheme == Scheme::HTTPS)
    }

    pub(super) fn is_local(&self) -> bool {
        self.origin.is_none()
    }

    /// The address of a path below the base.
    pub(super) fn join(&self, path: &str, query: &str) -> Result<Uri, ClientError> {
        let mark = if query.is_empty() { "" } else { "?" };
        let full = [&self.prefix, path, mark, query].concat();
        let uri = match &self.origin {
            None => Uri::try_from(full),
            Some((scheme, authority)) => Uri::builder()
                .scheme(scheme.clone())
                .authority(authority.clone())
                .path_and_query(full)
                .build()
                .map_err(|_| too_long())
                .map(Ok)?,
        };
        uri.map_err(|_| too_long())
    }
}

fn too_long() -> ClientError {
    ClientError::Invalid("the address of the call is not valid, or is longer than 64 KiB".to_owned())
}

/// The beginning of a call's path: letters as they stand in the program.
pub(super) fn literal(path: &'static str) -> Result<String, ClientError> {
    if path.starts_with('/') && !path.contains(['?', '#', '{', '}', '%']) {
        Ok(path.to_owned())
    } else {
        Err(ClientError::Invalid(format!(
            "the path {path:?} must begin with a slash and hold no query, braces or percent signs; add values by `segment` and `query`"
        )))
    }
}

/// Adds one segment, whatever it holds.
pub(super) fn push_segment(path: &mut String, segment: &str) -> Result<(), ClientError> {
    if matches!(segment, "" | "." | "..") {
        // Proxies and servers fold these away, escaped or not, and would call another address.
        return Err(ClientError::Invalid("a path segment is empty, `.` or `..`".to_owned()));
    }
    if !path.ends_with('/') {
        path.push('/');
    }
    // Writing into a `String` cannot fail.
    let _ = write!(path, "{}", utf8_percent_encode(segment, SEGMENT));
    Ok(())
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_go_below_the_base() {
        for (base, uri) in [
            ("http://h", "http://h/notes?a=1"),
            ("https://h:8443/", "https://h:8443/notes?a=1"),
            ("http://[::1]:80/a/b//", "http://[::1]:80/a/b/notes?a=1"),
        ] {
            assert_eq!(Base::parse(base).unwrap().join("/notes", "a=1").unwrap().to_string(), uri);
        }
        assert_eq!(Base::local().join("/notes", "").unwrap().to_string(), "/notes");
        assert!(Base::local().join(&"/x".repeat(40_000), "").is_err());
    }

    proptest! {
        #[test]
        fn a_segment_is_one_segment_and_comes_out_as_it_went_in(first in ".+", second in ".*") {
            let mut path = literal("/notes").unwrap();
            let pushed = push_segment(&mut path, &first).and_then(|()| push_segment(&mut path, &second));
            let refused = |text: &str| matches!(text, "" | "." | "..");
            prop_assert_eq!(pushed.is_err(), refused(&first) || refused(&second));
            if pushed.is_ok() {
                let uri = Base::parse("http://h/api").unwrap().join(&path, "").unwrap();
                let segments: Vec<_> = uri
                    .path()
                    .split('/')
                    .map(|segment| percent_decode_str(segment).decode_utf8().unwrap().into_owned())
                    .collect();
                prop_assert_eq!(segments, ["", "api", "notes", first.as_str(), second.as_str()]);
            }
        }
    }
}
