//! The head of a request, from actix's older types to ours.

use actix_web::HttpRequest;
use actix_web::http::Version as ActixVersion;
use bytes::{Bytes, BytesMut};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::uri::{Authority, PathAndQuery, Scheme, Uri};
use http::{Method, Request, Version};

use crate::http::host::PeerAddr;
use crate::http::parts::OriginalPath;

/// Where the path lies.
pub(super) enum Place {
    /// Where a route can be.
    Path,
    /// At the prefix with a slash behind it: the routes' `/` is the prefix without one.
    Nowhere,
}

/// The head as the routes see it: the path without what actix has matched of it. `None` where one of
/// the two does not take what the other has read.
pub(super) fn convert(request: &HttpRequest) -> Option<(Request<()>, Place)> {
    let mut head = Request::new(());
    *head.method_mut() = Method::from_bytes(request.method().as_str().as_bytes()).ok()?;
    *head.version_mut() = version(request.head().version);
    *head.headers_mut() = headers(request.headers())?;
    if let Some(peer) = request.peer_addr() {
        head.extensions_mut().insert(PeerAddr(peer));
    }
    let asked = request.uri();
    let Some(whole) = asked.path_and_query().map(actix_web::http::uri::PathAndQuery::as_str) else {
        *head.uri_mut() = Uri::try_from(asked.to_string()).ok()?;
        return Some((head, Place::Path));
    };
    let (at, place) = rest(request);
    let path = if at == 0 {
        shared_path(whole)?
    } else {
        head.extensions_mut().insert(OriginalPath(shared_path(whole)?));
        let rest = whole.get(at..)?;
        if rest.starts_with('/') { shared_path(rest)? } else { format!("/{rest}").try_into().ok()? }
    };
    *head.uri_mut() = match (asked.scheme_str(), asked.authority()) {
        (Some(scheme), Some(authority)) => Uri::builder()
            .scheme(Scheme::try_from(scheme).ok()?)
            .authority(Authority::try_from(authority.as_str()).ok()?)
            .path_and_query(path)
            .build()
            .ok()?,
        _ => Uri::from(path),
    };
    Some((head, place))
}

fn shared_path(text: &str) -> Option<PathAndQuery> {
    PathAndQuery::from_maybe_shared(Bytes::copy_from_slice(text.as_bytes())).ok()
}

/// Where the path begins that actix's scopes and our prefix have left over.
///
/// actix has matched a path of which it has decoded parts, so that its offsets are not ours. It never
/// decodes a slash: both have the same segments.
fn rest(request: &HttpRequest) -> (usize, Place) {
    let matched = request.match_info();
    let taken = matched.as_str().len() - matched.unprocessed().len();
    let prefix = matched.as_str().get(..taken).unwrap_or_default();
    let segments = prefix.bytes().filter(|byte| *byte == b'/').count();
    if segments == 0 {
        return (0, Place::Path);
    }
    let path = request.uri().path();
    let at = path.match_indices('/').nth(segments).map_or(path.len(), |(at, _)| at);
    (at, if path.get(at..) == Some("/") { Place::Nowhere } else { Place::Path })
}

fn version(version: ActixVersion) -> Version {
    match version {
        ActixVersion::HTTP_2 => Version::HTTP_2,
        ActixVersion::HTTP_10 => Version::HTTP_10,
        ActixVersion::HTTP_09 => Version::HTTP_09,
        _ => Version::HTTP_11,
    }
}

/// All values are copied into one piece of memory, of which each is a slice.
fn headers(from: &actix_web::http::header::HeaderMap) -> Option<HeaderMap> {
    let size = from.iter().map(|(_, value)| value.len()).sum();
    let mut values = BytesMut::with_capacity(size);
    for (_, value) in from {
        values.extend_from_slice(value.as_bytes());
    }
    let mut values = values.freeze();
    let mut headers = HeaderMap::with_capacity(from.len());
    for (name, value) in from {
        let name = HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_maybe_shared(values.split_to(value.len())).ok()?);
    }
    Some(headers)
}
