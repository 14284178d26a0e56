//! Files: conditions, ranges, names, and what happens when they change underway.
#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod common;

use std::io::Write;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use common::{Answer, call, empty, open};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use gravity_core::http::{BoxError, ETag, File, PUBLIC, Problem, Routes, Source, State, get, problems};
use http::Request;
use proptest::prelude::*;

const TEXT: &[u8] = b"0123456789abcdef";

async fn text() -> File {
    File::bytes(TEXT)
        .media("text/plain")
        .name("naïve \"x\".txt")
        .etag(ETag::strong("v1").unwrap())
        .modified(UNIX_EPOCH + Duration::from_millis(784_111_777_500))
}

const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

async fn ask(headers: &[(&str, &str)]) -> Answer {
    let mut builder = Request::get("/");
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    call(&at_root!(text), empty(builder)).await
}

#[tokio::test]
async fn a_file_is_sent_whole() {
    let answer = ask(&[]).await;
    assert_eq!((answer.status, answer.body.as_slice()), (200, TEXT));
    for (name, value) in [
        ("content-type", "text/plain"),
        ("etag", "\"v1\""),
        ("last-modified", DATE),
        ("accept-ranges", "bytes"),
        ("x-content-type-options", "nosniff"),
        ("content-disposition", "inline; filename=\"na_ve _x_.txt\"; filename*=UTF-8''na%C3%AFve%20_x_.txt"),
    ] {
        assert_eq!(answer.header(name), value);
    }
    let head = call(&at_root!(text), empty(Request::head("/").header("range", "bytes=0-3"))).await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, "16", 0));
    assert_eq!(head.header("etag"), "\"v1\"");
}

#[tokio::test]
async fn ranges_are_sent() {
    for (range, status, about, body) in [
        ("bytes=0-3", 206, "bytes 0-3/16", &b"0123"[..]),
        ("bytes=10-", 206, "bytes 10-15/16", b"abcdef"),
        ("bytes=-2", 206, "bytes 14-15/16", b"ef"),
        ("bytes=-99", 206, "bytes 0-15/16", TEXT),
        ("bytes=8-99999999999999999999999999", 206, "bytes 8-15/16", b"89abcdef"),
        ("BYTES=15-15", 206, "bytes 15-15/16", b"f"),
        ("bytes=0-3,4-7", 206, "bytes 0-7/16", b"01234567"),
        ("bytes=0-3,2-5,99-", 206, "bytes 0-5/16", b"012345"),
        ("bytes=3-1", 200, "", TEXT),
        ("bytes=a-b", 200, "", TEXT),
        ("bytes=", 200, "", TEXT),
        ("lines=1-2", 200, "", TEXT),
        ("bytes=+1-2", 200, "", TEXT),
    ] {
        let answer = ask(&[("range", range)]).await;
        assert_eq!((answer.status, answer.header("content-range")), (status, about), "{range}");
        assert_eq!(answer.body, body, "{range}");
    }
    for range in ["bytes=16-", "bytes=99-100", "bytes=-0"] {
        let answer = ask(&[("range", range)]).await;
        assert_eq!((answer.status, answer.header("content-range")), (416, "bytes */16"), "{range}");
    }
    let abuse = format!("bytes={}", (0..17).map(|n| format!("{n}-{n}")).collect::<Vec<_>>().join(","));
    assert_eq!(ask(&[("range", &abuse)]).await.status, 200);
}

#[tokio::test]
async fn several_ranges_are_sent_in_parts() {
    let response =
        open(&at_root!(text), empty(Request::get("/").header("range", "bytes=-2, 0-1, 4-5"))).await;
    let length = http_body::Body::size_hint(response.body()).exact().unwrap();
    let (head, body) = response.into_parts();
    let kind = head.headers["content-type"].to_str().unwrap().to_owned();
    let boundary = kind.strip_prefix("multipart/byteranges; boundary=").unwrap();
    let body = body.into_bytes(10_000).await.unwrap();
    assert_eq!((head.status.as_u16(), body.len() as u64), (206, length));
    let part = |about: &str, data: &str| {
        format!(
            "\r\n--{boundary}\r\ncontent-type: text/plain\r\ncontent-range: bytes {about}/16\r\n\r\n{data}"
        )
    };
    let whole =
        part("14-15", "ef") + &part("0-1", "01") + &part("4-5", "45") + &format!("\r\n--{boundary}--\r\n");
    assert_eq!(std::str::from_utf8(&body).unwrap(), whole);
}

#[tokio::test]
async fn conditions_are_kept() {
    let late = "Sun, 06 Nov 1994 08:49:38 GMT";
    let early = "Sun, 06 Nov 1994 08:49:36 GMT";
    for (headers, status) in [
        (&[("if-none-match", "\"v1\"")][..], 304),
        (&[("if-none-match", "\"v0\", W/\"v1\"")], 304),
        (&[("if-none-match", "*")], 304),
        (&[("if-none-match", "\"v0\"")], 200),
        (&[("if-none-match", "v1")], 200),
        (&[("if-modified-since", DATE)], 304),
        (&[("if-modified-since", late)], 304),
        (&[("if-modified-since", early)], 200),
        (&[("if-modified-since", "never")], 200),
        (&[("if-none-match", "\"v0\""), ("if-modified-since", late)], 200),
        (&[("if-match", "\"v1\"")], 200),
        (&[("if-match", "*")], 200),
        (&[("if-match", "W/\"v1\"")], 412),
        (&[("if-match", "v1")], 412),
        (&[("if-match", "\"v0\""), ("if-none-match", "\"v1\"")], 412),
        (&[("if-match", "\"v1\""), ("if-unmodified-since", early)], 200),
        (&[("if-unmodified-since", early)], 412),
        (&[("if-unmodified-since", DATE)], 200),
        (&[("if-range", "\"v1\""), ("range", "bytes=0-0")], 206),
        (&[("if-range", "W/\"v1\""), ("range", "bytes=0-0")], 200),
        (&[("if-range", "\"v0\""), ("range", "bytes=0-0")], 200),
        (&[("if-range", "\"v0\""), ("range", "bytes=99-")], 200),
        (&[("if-range", DATE), ("range", "bytes=0-0")], 206),
        (&[("if-range", late), ("range", "bytes=0-0")], 200),
        (&[("if-range", "soon"), ("range", "bytes=0-0")], 200),
        (&[("if-none-match", "\"v1\""), ("range", "bytes=0-0")], 304),
    ] {
        assert_eq!(ask(headers).await.status, status, "{headers:?}");
    }
    let answer = ask(&[("if-none-match", "\"v1\"")]).await;
    assert_eq!(
        (answer.header("etag"), answer.header("last-modified"), answer.body.len()),
        ("\"v1\"", DATE, 0)
    );
    assert_eq!((answer.header("content-type"), answer.header("content-length")), ("", ""));
}

#[tokio::test]
async fn an_empty_file_has_no_ranges() {
    async fn nothing() -> File {
        File::bytes(Bytes::new())
    }
    for (range, status) in [("bytes=0-", 416), ("bytes=-5", 200), ("bytes=-0", 416), ("bytes=0-0", 416)] {
        let answer = call(&at_root!(nothing), empty(Request::get("/").header("range", range))).await;
        assert_eq!(answer.status, status, "{range}");
    }
}

#[tokio::test]
async fn what_can_run_scripts_is_saved() {
    for (media, shown) in [
        ("text/html", false),
        ("image/svg+xml", false),
        ("IMAGE/SVG+XML; charset=utf-8", false),
        ("application/xhtml+xml", false),
        ("text/javascript", false),
        ("broken\r\nx: y", false),
        ("image/png", true),
        ("text/plain; charset=utf-8", true),
    ] {
        let file = async move || File::bytes(TEXT).media(media);
        let answer = call(&at_root!(file), empty(Request::get("/"))).await;
        assert_eq!(
            answer.header("content-disposition"),
            if shown { "inline" } else { "attachment" },
            "{media}"
        );
    }
    let file = async || File::bytes(TEXT).media("text/html").inline();
    assert_eq!(call(&at_root!(file), empty(Request::get("/"))).await.header("content-disposition"), "inline");
}

#[derive(Clone)]
struct Folder(Arc<tempfile::TempDir>);

async fn download(State(folder): State<Folder>) -> Result<File, Problem> {
    File::open(folder.0.path().join("data"))
        .await
        .map_err(|error| Problem::new(problems::NOT_FOUND).because(error))
}

fn folder(bytes: &[u8]) -> (Folder, Routes) {
    let folder = Folder(Arc::new(tempfile::tempdir().unwrap()));
    std::fs::write(folder.0.path().join("data"), bytes).unwrap();
    let routes = Routes::new().route(get("/", "download").allow(PUBLIC).to(download)).state(&folder);
    (folder, routes)
}

#[tokio::test]
async fn a_file_on_the_disk_is_sent() {
    let bytes: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    let (folder, routes) = folder(&bytes);
    let whole = call(&routes, empty(Request::get("/"))).await;
    assert_eq!((whole.status, whole.body == bytes), (200, true));
    let tag = whole.header("etag").to_owned();
    assert!(tag.starts_with("W/\""));
    let same = call(&routes, empty(Request::get("/").header("if-none-match", &tag))).await;
    assert_eq!(same.status, 304);
    let part = call(&routes, empty(Request::get("/").header("range", "bytes=100000-299999"))).await;
    assert_eq!((part.status, part.body == bytes[100_000..300_000]), (206, true));
    let parts = call(&routes, empty(Request::get("/").header("range", "bytes=700000-700003,0-3,-4"))).await;
    assert_eq!(parts.status, 206);
    let at = |needle: &[u8]| parts.body.windows(needle.len()).position(|window| window == needle);
    assert!(at(&bytes[700_000..700_004]).unwrap() < at(&[0, 0, 0, 0]).unwrap());
    std::fs::remove_file(folder.0.path().join("data")).unwrap();
    assert_eq!(call(&routes, empty(Request::get("/"))).await.status, 404);
    std::fs::create_dir(folder.0.path().join("data")).unwrap();
    assert_eq!(call(&routes, empty(Request::get("/"))).await.status, 404);
}

#[tokio::test]
async fn a_file_that_shrinks_underway_ends_with_an_error() {
    let (folder, routes) = folder(&[]);
    let path = folder.0.path().join("data");
    for request in [Request::get("/"), Request::get("/").header("range", "bytes=0-9,150000-160000")] {
        std::fs::write(&path, vec![7; 200_000]).unwrap();
        let response = open(&routes, empty(request)).await;
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(100_000).unwrap();
        assert!(response.into_body().into_bytes(1 << 30).await.is_err());
    }
}

#[tokio::test]
async fn a_file_that_grows_underway_is_sent_as_long_as_it_was() {
    let (folder, routes) = folder(&[7; 1000]);
    let response = open(&routes, empty(Request::get("/"))).await;
    let mut file = std::fs::OpenOptions::new().append(true).open(folder.0.path().join("data")).unwrap();
    file.write_all(&[8; 1000]).unwrap();
    assert_eq!(response.into_body().into_bytes(1 << 30).await.unwrap(), [7; 1000].as_slice());
}

/// A terabyte that is made up as it is read.
#[derive(Clone, Default)]
struct Endless(Arc<AtomicU64>);

impl Source for Endless {
    fn size(&self) -> u64 {
        1 << 40
    }

    fn read(&self, range: Range<u64>) -> BoxStream<'static, Result<Bytes, BoxError>> {
        let read = Arc::clone(&self.0);
        stream::iter(range.step_by(1000))
            .map(move |_| {
                read.fetch_add(1000, Ordering::Relaxed);
                Ok(Bytes::from_static(&[1; 1000]))
            })
            .boxed()
    }
}

async fn endless(State(source): State<Endless>) -> File {
    File::new(source)
}

#[tokio::test]
async fn a_file_is_read_no_faster_than_it_is_sent() {
    let source = Endless::default();
    let routes: Routes = Routes::new().route(get("/", "endless").allow(PUBLIC).to(endless)).state(&source);
    let response = open(&routes, empty(Request::get("/"))).await;
    let pieces: Vec<_> = response.into_body().into_stream().take(5).collect().await;
    assert_eq!((pieces.len(), source.0.load(Ordering::Relaxed)), (5, 5000));
    assert_eq!(call(&routes, empty(Request::head("/"))).await.header("content-length"), "1099511627776");
    assert_eq!(call(&routes, empty(Request::get("/").header("range", "bytes=-2500"))).await.body.len(), 2500);
}

proptest! {
    /// Whatever is asked, the ranges hold the bytes that were asked for and no byte twice.
    #[test]
    fn ranges_are_what_was_asked(size in 0_u64..50, asked in proptest::collection::vec((0_u64..60, 0_u64..60, 0..3), 1..16)) {
        use gravity_core::http::range::{Ranges, parse};
        let mut header = String::from("bytes=");
        let mut wanted = vec![false; usize::try_from(size).unwrap()];
        for (one, other, kind) in &asked {
            let (first, last) = (one.min(other), one.max(other));
            let (spec, range) = match kind {
                0 => (format!("{first}-{last}"), *first..(last + 1).min(size)),
                1 => (format!("{first}-"), *first..size),
                _ => (format!("-{first}"), size.saturating_sub(*first)..size),
            };
            for at in range {
                wanted[usize::try_from(at).unwrap()] = true;
            }
            header = header + &spec + ", ";
        }
        match parse(&header, size) {
            Ranges::Whole => prop_assert_eq!(size, 0),
            Ranges::Unsatisfiable => prop_assert!(!wanted.contains(&true)),
            Ranges::Pieces(pieces) => {
                let mut given = vec![false; wanted.len()];
                for piece in &pieces {
                    prop_assert!(!piece.is_empty());
                    for at in piece.clone() {
                        let seen = std::mem::replace(&mut given[usize::try_from(at).unwrap()], true);
                        prop_assert!(!seen, "byte {at} is sent twice");
                    }
                    prop_assert!(!pieces.iter().any(|other| other.start == piece.end));
                }
                prop_assert_eq!(given, wanted);
            }
        }
    }

    #[test]
    fn range_headers_of_any_kind_are_taken(text in ".*", size: u64) {
        drop(gravity_core::http::range::parse(&text, size));
        drop(gravity_core::http::range::parse(&format!("bytes={text}"), size));
    }

    #[test]
    fn tags_are_read_back(tag in "[!#-~]{0,20}", weak: bool) {
        let tag = if weak { ETag::weak(&tag) } else { ETag::strong(&tag) }.unwrap();
        prop_assert_eq!(ETag::parse(&tag.to_string()), Some(tag.clone()));
        prop_assert_eq!(tag.same_bytes(&tag), !weak);
        prop_assert!(tag.same_meaning(&tag.clone().weakened()));
    }

    #[test]
    fn tags_of_any_kind_are_taken(text in ".*") {
        drop(ETag::parse(&text));
        drop(gravity_core::http::Tags::parse([text.as_str()].into_iter()));
    }

    #[test]
    fn file_names_are_safe(given in r#"(\PC|[./\\:"* \x00]|CON|nul|COM1|LPT¹){0,20}"#, long in 0_usize..400) {
        use gravity_core::http::file_name::safe_file_name;
        use gravity_core::http::respond::file::content_disposition;
        let name = safe_file_name(&format!("{given}{}", "ü".repeat(long)));
        prop_assert!((1..=255).contains(&name.len()), "{} bytes", name.len());
        prop_assert!(!name.contains(['/', '\\', ':', '"', '<', '>', '|', '?', '*']));
        prop_assert!(!name.chars().any(char::is_control));
        prop_assert!(!name.starts_with(['.', ' ']) && !name.ends_with(['.', ' ']));
        prop_assert_eq!(safe_file_name(&name), name.clone(), "safe names stay");
        let header = content_disposition(false, Some(&name));
        prop_assert!(header.to_str().unwrap().starts_with("attachment; filename=\""));
    }
}

#[test]
fn file_names_of_devices_and_disguises_are_changed() {
    use gravity_core::http::file_name::safe_file_name;
    for (given, safe) in [
        ("", "file"),
        ("..", "file"),
        ("/", "file"),
        ("a/b\\c.txt", "c.txt"),
        (".bashrc", "bashrc"),
        ("con", "_con"),
        ("Com1.tar.gz", "_Com1.tar.gz"),
        ("COM¹", "_COM¹"),
        ("console", "console"),
        ("photo\u{202e}gpj.exe", "photogpj.exe"),
        ("a\0b\r\nc", "abc"),
        ("what?.txt", "what_.txt"),
        ("name. . ", "name"),
    ] {
        assert_eq!(safe_file_name(given), safe, "{given:?}");
    }
    let long = format!("{}.tar.gz", "ü".repeat(200));
    let safe = safe_file_name(&long);
    assert!(safe.ends_with("ü.gz") || safe.ends_with(".tar.gz"), "{safe}");
    let device = safe_file_name(&format!("nul{}x.txt", " ".repeat(300)));
    assert_eq!(device, "_nul.txt");
}
