//! [`Asset`]: bytes in memory that clients may keep, and ask again whether they have changed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS};
use sha2::{Digest, Sha256};

use super::Response;
use super::body::Body;
use super::parts::Parts;

/// Bytes in memory under a name for their state, the entity tag.
#[derive(Debug, Clone)]
pub(crate) struct Asset {
    media: HeaderValue,
    bytes: Bytes,
    tag: HeaderValue,
}

impl Asset {
    pub(crate) fn new(media: &'static str, bytes: Bytes) -> Self {
        let digest = Sha256::digest(&bytes);
        let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest));
        // Quoted base64 is always a header value; without a tag the bytes are sent each time.
        let tag = HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("\"\""));
        Self { media: HeaderValue::from_static(media), bytes, tag }
    }

    /// The bytes, or 304 where the client has them.
    pub(crate) fn answer(&self, parts: &Parts) -> Response {
        let known = parts
            .headers()
            .get_all(IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|tag| tag.trim().trim_start_matches("W/"))
            .any(|tag| tag == "*" || tag.as_bytes() == self.tag.as_bytes());
        let mut response = Response::new(if known { Body::empty() } else { Body::from(self.bytes.clone()) });
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, self.media.clone());
        headers.insert(ETAG, self.tag.clone());
        // Kept, but asked about each time: a new version of the service shows at once.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
}
