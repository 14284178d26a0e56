//! Ranges, tags and conditions: every piece of a file lies within it, and is what the file holds there.
#![no_main]

use std::ops::Range;
use std::time::{Duration, UNIX_EPOCH};

use arbitrary::Arbitrary;
use gravity_core::http::range::{self, Ranges};
use gravity_core::http::{Body, Conditional, ETag, File, PUBLIC, Path, Routes, Tags, Verdict, Version, get};
use gravity_core_fuzz::{Answer, ask};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 6] =
    ["range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    range: &'a str,
    size: u64,
    tags: &'a str,
    method: bool,
    headers: Vec<(u8, &'a [u8])>,
    length: u8,
}

/// A file of so many bytes, each of which is its place.
async fn file(Path(length): Path<u8>) -> File {
    let bytes: Vec<u8> = (0..length).collect();
    let etag = ETag::of_version(1);
    File::bytes(bytes).etag(etag).modified(UNIX_EPOCH + Duration::from_secs(1_000_000_000))
}

fuzz_target!(|input: Input<'_>| {
    if let Ranges::Pieces(pieces) = range::parse(input.range, input.size) {
        within(&pieces, input.size);
    }
    if let Some(tag) = ETag::parse(input.tags) {
        assert_eq!(tag.to_string(), input.tags);
        assert!(tag.same_meaning(&tag));
        assert_eq!(tag.same_bytes(&tag), !tag.is_weak());
    }
    if let Some(Tags::List(tags)) = Tags::parse([input.tags].into_iter()) {
        let lines: Vec<_> = tags.iter().map(ToString::to_string).collect();
        assert_eq!(Tags::parse(lines.iter().map(String::as_str)), Some(Tags::List(tags)));
    }

    let headers: HeaderMap = input
        .headers
        .iter()
        .filter_map(|(name, value)| {
            let name = NAMES[usize::from(*name) % NAMES.len()];
            Some((HeaderName::from_static(name), HeaderValue::from_bytes(value).ok()?))
        })
        .collect();
    let method = if input.method { Method::GET } else { Method::HEAD };
    serve(method, headers, input.length);
});

/// None is empty, none leaves the file, and no two overlap or touch.
fn within(pieces: &[Range<u64>], size: u64) {
    assert!((1..=range::MAX_RANGES).contains(&pieces.len()));
    let mut sorted: Vec<_> = pieces.iter().map(|piece| (piece.start, piece.end)).collect();
    sorted.sort_unstable();
    assert!(sorted.iter().all(|(start, end)| start < end && *end <= size), "{sorted:?} of {size}");
    assert!(sorted.windows(2).all(|pair| pair[0].1 < pair[1].0), "{sorted:?}");
}

fn serve(method: Method, headers: HeaderMap, length: u8) {
    let routes = Routes::new().route(get("/{length}", "file").allow(PUBLIC).to(file));
    let mut request =
        Request::builder().method(&method).uri(format!("/{length}")).body(Body::empty()).unwrap();
    *request.headers_mut() = headers;
    let refused = request.headers().contains_key("if-match");
    let conditions = Conditional::parse(&method, request.headers());
    let version = Version {
        etag: Some(ETag::of_version(1)),
        modified: Some(UNIX_EPOCH + Duration::from_secs(1_000_000_000)),
    };
    let answer = ask(&routes, request);
    let expected: &[u16] = match conditions.map(|conditions| conditions.evaluate(Some(&version))) {
        // What would let a change through is refused, other tags that are none are passed over.
        Err(_) if refused => &[412],
        Err(_) => &[200, 206, 416],
        Ok(Verdict::NotModified) => &[304],
        Ok(Verdict::Failed) => &[412],
        Ok(Verdict::Proceed) => &[200, 206, 416],
    };
    assert!(expected.contains(&answer.status.as_u16()), "{answer:?}");
    if method == Method::GET {
        slices(&answer, length);
    }
}

fn slices(answer: &Answer, length: u8) {
    let whole: Vec<u8> = (0..length).collect();
    match answer.status.as_u16() {
        200 => assert_eq!(answer.body, whole),
        206 => {
            let Some(range) = answer.headers.get("content-range") else { return parts(answer, &whole) };
            assert_eq!(answer.body, piece(range.to_str().unwrap(), &whole));
        }
        416 => assert_eq!(answer.headers["content-range"], format!("bytes */{length}")),
        _ => {}
    }
}

/// The bytes that a `Content-Range` names.
fn piece<'a>(range: &str, whole: &'a [u8]) -> &'a [u8] {
    let (piece, size) = range.strip_prefix("bytes ").unwrap().split_once('/').unwrap();
    let (first, last) = piece.split_once('-').unwrap();
    assert_eq!(size, whole.len().to_string());
    &whole[first.parse().unwrap()..=last.parse().unwrap()]
}

/// Several pieces, each with its own head.
fn parts(answer: &Answer, whole: &[u8]) {
    let kind = answer.headers["content-type"].to_str().unwrap();
    let boundary = kind.strip_prefix("multipart/byteranges; boundary=").unwrap();
    let mut rest = &answer.body[..];
    let mut count = 0;
    while let Some(part) = rest.strip_prefix(format!("\r\n--{boundary}\r\n").as_bytes()) {
        let end = part.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
        let head = std::str::from_utf8(&part[..end]).unwrap();
        let range = head.lines().find_map(|line| line.strip_prefix("content-range: ")).unwrap();
        rest = part[end + 4..]
            .strip_prefix(piece(range, whole))
            .expect("the piece is what the file holds there");
        count += 1;
    }
    assert!((2..=range::MAX_RANGES).contains(&count));
    assert_eq!(rest, format!("\r\n--{boundary}--\r\n").as_bytes());
}
