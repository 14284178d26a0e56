//! [`File`]: the answer.

use std::fmt;
use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap,
    HeaderValue, LAST_MODIFIED, RANGE, X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, StatusCode};
use serde_json::json;

use super::disk::Disk;
use super::disposition::{content_disposition, is_shown_safely};
use super::exact::Exact;
use super::multipart::byteranges;
use super::source::Source;
use crate::http::body::Body;
use crate::http::conditional::{Conditional, Verdict, Version, if_range};
use crate::http::etag::ETag;
use crate::http::openapi::Operation;
use crate::http::parts::Parts;
use crate::http::problem::Problem;
use crate::http::range::{self, Ranges};
use crate::http::respond::Respond;
use crate::http::{Response, date, media, problems};

/// A file: it answers conditions with 304 and 412, ranges with 206 and 416, and streams the rest in constant
/// memory.
///
/// What it does not know it assumes at its safest: bytes of no known kind that a browser saves rather than
/// shows, and that it does not guess the type of.
///
/// ```
/// use gravity_core::http::{ETag, File};
///
/// async fn report() -> File {
///     let bytes = bytes::Bytes::from_static(b"a,b\n1,2\n");
///     let etag = ETag::of_bytes(&bytes);
///     File::bytes(bytes).media("text/csv; charset=utf-8").name("Übersicht.csv").etag(etag)
/// }
/// ```
#[must_use = "a file is sent when it is answered with"]
pub struct File {
    source: Box<dyn Source>,
    media: HeaderValue,
    version: Version,
    name: Option<String>,
    inline: Option<bool>,
    cache: Option<HeaderValue>,
}

const OCTETS: HeaderValue = HeaderValue::from_static("application/octet-stream");

impl File {
    /// A file from any source.
    pub fn new(source: impl Source) -> Self {
        Self {
            source: Box::new(source),
            media: OCTETS,
            version: Version::default(),
            name: None,
            inline: None,
            cache: None,
        }
    }

    /// A file in memory. It has no tag until it is given one, such as [`ETag::of_bytes`].
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self::new(bytes.into())
    }

    /// A file on the disk, with a weak tag of its size and time. What is no regular file is not found.
    ///
    /// The path is taken at its word: it must not come from a client.
    pub async fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::from_tokio(tokio::fs::File::open(path).await?).await
    }

    /// A file that is open already.
    pub async fn from_tokio(file: tokio::fs::File) -> io::Result<Self> {
        let about = file.metadata().await?;
        if !about.is_file() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "not a regular file"));
        }
        let modified = about.modified().ok();
        let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        // Within one tick of the clock a file can change twice, so that this is no strong tag.
        let etag = since.and_then(|since| ETag::weak(&format!("{:x}-{:x}", about.len(), since.as_nanos())));
        let mut answer = Self::new(Disk::new(file, about.len()));
        answer.version = Version { etag, modified };
        Ok(answer)
    }

    /// The media type. One that is malformed leaves the file at bytes of no known kind.
    pub fn media(mut self, media: &str) -> Self {
        let valid = Some(media).filter(|media| media::is_valid(media));
        self.media = valid.and_then(|media| HeaderValue::from_str(media).ok()).unwrap_or(OCTETS);
        self
    }

    /// The tag of this version.
    pub fn etag(mut self, etag: ETag) -> Self {
        self.version.etag = Some(etag);
        self
    }

    /// When this version was made.
    pub fn modified(mut self, time: SystemTime) -> Self {
        self.version.modified = Some(time);
        self
    }

    /// The name to save it under; it is made safe first.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Always saved, never shown.
    pub fn attachment(mut self) -> Self {
        self.inline = Some(false);
        self
    }

    /// Shown by the browser, whatever it is. Only for content of one's own: HTML and SVG run scripts with all
    /// the rights of the page's origin. Where this is not said, media types that cannot are shown and all
    /// others are saved.
    pub fn inline(mut self) -> Self {
        self.inline = Some(true);
        self
    }

    /// How long caches may keep it, as `Cache-Control` says it.
    pub fn cache(mut self, control: HeaderValue) -> Self {
        self.cache = Some(control);
        self
    }

    /// What every answer about this version says, 304 too.
    fn version_headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(etag) = &self.version.etag {
            headers.insert(ETAG, etag.header());
        }
        if let Some(modified) = self.version.modified.and_then(date::header) {
            headers.insert(LAST_MODIFIED, modified);
        }
        if let Some(cache) = &self.cache {
            headers.insert(CACHE_CONTROL, cache.clone());
        }
        headers
    }

    fn ranges(&self, parts: &Parts) -> Ranges {
        let mut values = parts.headers().get_all(RANGE).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return Ranges::Whole };
        // HEAD answers what GET without a range would: the standard defines ranges for GET alone.
        if *parts.method() != Method::GET || !if_range(parts.headers(), &self.version) {
            return Ranges::Whole;
        }
        value.to_str().map_or(Ranges::Whole, |value| range::parse(value, self.source.size()))
    }
}

/// Tags that are none cannot be the one that the client has; where that would let a change through it is
/// refused.
fn verdict(parts: &Parts, version: &Version) -> Verdict {
    match Conditional::parse(parts.method(), parts.headers()) {
        Ok(conditions) => conditions.evaluate(Some(version)),
        Err(_) if parts.headers().contains_key(http::header::IF_MATCH) => Verdict::Failed,
        Err(_) => Verdict::Proceed,
    }
}

impl Respond for File {
    fn respond(self, parts: &mut Parts) -> Response {
        let mut headers = self.version_headers();
        match verdict(parts, &self.version) {
            Verdict::Proceed => {}
            Verdict::NotModified => return answer(StatusCode::NOT_MODIFIED, headers, Body::empty()),
            Verdict::Failed => return Problem::new(problems::PRECONDITION_FAILED).respond(parts),
        }
        let ranges = self.ranges(parts);
        let size = self.source.size();
        if ranges == Ranges::Unsatisfiable {
            let mut problem = Problem::new(problems::RANGE_NOT_SATISFIABLE);
            if let Ok(whole) = HeaderValue::try_from(format!("bytes */{size}")) {
                problem = problem.header(CONTENT_RANGE, whole);
            }
            return problem.respond(parts);
        }
        let media = self.media.to_str().unwrap_or_default();
        let inline = self.inline.unwrap_or_else(|| is_shown_safely(media));
        headers.insert(CONTENT_DISPOSITION, content_disposition(inline, self.name.as_deref()));
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(CONTENT_TYPE, self.media.clone());
        let (status, body) = match ranges {
            Ranges::Pieces(pieces) => match <[_; 1]>::try_from(pieces) {
                Ok([piece]) => {
                    let about = format!("bytes {}-{}/{size}", piece.start, piece.end - 1);
                    if let Ok(about) = HeaderValue::try_from(about) {
                        headers.insert(CONTENT_RANGE, about);
                    }
                    let len = piece.end - piece.start;
                    (StatusCode::PARTIAL_CONTENT, Exact::new(self.source.read(piece), len))
                }
                Err(pieces) => {
                    let (body, kind) = byteranges(self.source, pieces, media);
                    if let Ok(kind) = HeaderValue::try_from(kind) {
                        headers.insert(CONTENT_TYPE, kind);
                    }
                    (StatusCode::PARTIAL_CONTENT, body)
                }
            },
            Ranges::Whole | Ranges::Unsatisfiable => {
                (StatusCode::OK, Exact::new(self.source.read(0..size), size))
            }
        };
        answer(status, headers, Body::new(body))
    }

    fn describe(operation: &mut Operation<'_>) {
        for name in ["Range", "If-None-Match"] {
            operation.parameter("header", name, false, json!({ "type": "string" }));
        }
        operation.response(StatusCode::OK, "The file.", Some(("*/*", json!({}))));
        operation.response(StatusCode::PARTIAL_CONTENT, "A part of the file.", Some(("*/*", json!({}))));
        operation.response(StatusCode::NOT_MODIFIED, "The client has this version already.", None);
        for status in [StatusCode::OK, StatusCode::PARTIAL_CONTENT] {
            operation.response_header(status, "etag", "The name of this version, where it has one.");
        }
        operation.problems(&[problems::PRECONDITION_FAILED, problems::RANGE_NOT_SATISFIABLE]);
    }
}

fn answer(status: StatusCode, headers: HeaderMap, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("size", &self.source.size())
            .field("media", &self.media)
            .field("version", &self.version)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
