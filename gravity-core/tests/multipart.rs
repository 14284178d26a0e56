//! Forms with files.
#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use common::call;
use futures_util::{StreamExt, stream};
use gravity_core::http::{Body, Json, Multipart, PUBLIC, Problem, Routes, post, problems};
use http::Request;
use proptest::prelude::*;
use serde_json::{Value, json};

fn send(body: impl Into<Body>) -> Request<Body> {
    Request::post("/").header("content-type", "multipart/form-data; boundary=XX").body(body.into()).unwrap()
}

async fn list(mut form: Multipart) -> Result<Json<Value>, Problem> {
    let mut fields = Vec::new();
    while let Some(field) = form.next().await? {
        let (name, file, kind) =
            (field.name().to_owned(), field.file_name(), field.content_type().map(str::to_owned));
        fields.push(json!([name, file, kind, field.text(1000).await?]));
    }
    Ok(Json(Value::Array(fields)))
}

const TWO: &str = "preamble\r\n--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nfirst\r\n--XX\r\n\
    content-disposition: form-data; filename=\"C:\\\\x; name=no\\\\Über \\\"1\\\".txt\"; name=\"b\"\r\nContent-Type: text/plain\r\n\r\n\r\n--X\r\n--XX--\r\nepilogue";

#[tokio::test]
async fn fields_come_one_after_another() {
    let routes = post_root!(list);
    let answer = call(&routes, send(TWO)).await;
    assert_eq!(
        answer.json(),
        json!([["a", null, null, "first"], ["b", "Über _1_.txt", "text/plain", "\r\n--X"]])
    );
}

#[tokio::test]
async fn a_form_may_come_in_one_large_piece() {
    let routes = post_root!(list);
    for (fields, size) in [(1, 200), (90, 500), (99, 1000)] {
        let answer = call(&routes, send(many(fields, size))).await;
        assert_eq!((answer.status, answer.json().as_array().map(Vec::len)), (200, Some(fields)), "{fields}");
    }
}

proptest! {
    #[test]
    fn pieces_may_be_cut_anywhere(cuts in proptest::collection::vec(1_usize..40, 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut rest = TWO.as_bytes();
        let mut pieces = Vec::new();
        for cut in cuts.into_iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            pieces.push(Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece)));
            rest = after;
        }
        let routes = post_root!(list);
        let answer = runtime.block_on(call(&routes, send(Body::from_stream(stream::iter(pieces)))));
        prop_assert_eq!(answer.status, 200);
        prop_assert_eq!(&answer.json()[1][3], "\r\n--X");
    }

    #[test]
    fn nonsense_is_refused_and_nothing_worse(body in proptest::collection::vec(any::<u8>(), 0..200), cut in 0_usize..300) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let routes = post_root!(list);
        let answer = runtime.block_on(call(&routes, send(Bytes::from(body))));
        prop_assert!(answer.status < 500);
        let cut = TWO.get(..cut).unwrap_or(TWO);
        let answer = runtime.block_on(call(&routes, send(cut.to_owned())));
        prop_assert!(answer.status < 500);
    }
}

#[tokio::test]
async fn broken_forms_are_refused() {
    let routes = post_root!(list);
    let part = |head: &str| format!("--XX\r\n{head}\r\n\r\nv\r\n--XX--\r\n");
    for (what, body) in [
        ("no boundary", "hello".to_owned()),
        ("cut in a field", TWO[..100].to_owned()),
        ("no end", TWO[..TWO.len() - 15].to_owned()),
        ("no head", part("")),
        ("no name", part("Content-Disposition: form-data; filename=\"x\"")),
        ("no form-data", part("Content-Disposition: attachment; name=\"x\"")),
        ("two names", part("Content-Disposition: form-data; name=\"x\"; name=\"y\"")),
        ("an open quote", part("Content-Disposition: form-data; name=\"x")),
        ("a broken header", part("Content Disposition: x")),
    ] {
        let answer = call(&routes, send(body)).await;
        assert_eq!(answer.status, 400, "{what}");
        assert!(answer.json()["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{what}");
    }
    for (media, status) in [
        ("text/plain", 415),
        ("multipart/mixed; boundary=XX", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ("multipart/form-data; boundary=\"a\u{7f}\"", 400),
        ("multipart/form-data; boundary=XX; charset=utf-8", 200),
        ("Multipart/Form-Data;boundary=\"XX\"", 200),
    ] {
        let request = Request::post("/").header("content-type", media.as_bytes()).body(Body::from(TWO));
        let Ok(request) = request else { continue };
        assert_eq!(call(&routes, request).await.status, status, "{media}");
    }
}

fn many(fields: usize, size: usize) -> String {
    let field =
        |n| format!("--XX\r\nContent-Disposition: form-data; name=f{n}\r\n\r\n{}\r\n", "x".repeat(size));
    (0..fields).map(field).collect::<Vec<_>>().concat() + "--XX--\r\n"
}

#[tokio::test]
async fn fields_are_limited_in_number_and_size() {
    async fn limited(form: Multipart) -> Result<String, Problem> {
        let mut form = form.limit_fields(3).limit_field(10);
        let mut seen = 0;
        while form.next().await?.is_some() {
            seen += 1;
        }
        Ok(seen.to_string())
    }
    let routes = post_root!(limited);
    assert_eq!(call(&routes, send(many(3, 10))).await.text(), "3");
    assert_eq!(call(&routes, send(many(4, 10))).await.status, 413);
    let answer = call(&routes, send(many(3, 11))).await;
    assert_eq!((answer.status, answer.pointers()), (413, vec!["/f0".to_owned()]));
    assert_eq!(call(&post_root!(list), send(many(101, 1))).await.status, 413);
    assert_eq!(call(&post_root!(list), send(many(1, 1001))).await.status, 413);
    let routes: Routes = Routes::new().route(post("/", "list").allow(PUBLIC).limit_body(100).to(list));
    assert_eq!(call(&routes, send(many(5, 10))).await.status, 413);
}

#[tokio::test]
async fn a_head_without_end_is_not_collected() {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let start = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"--XX\r\nX: "))]);
    let endless = stream::repeat_with(move || {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(Bytes::from_static(&[b'x'; 1024]))
    });
    let routes: Routes = Routes::new().route(post("/", "list").allow(PUBLIC).limit_body(1 << 40).to(list));
    let request = send(Body::from_stream(start.chain(endless)));
    let answer = call(&routes, request).await;
    assert_eq!(
        (answer.status, answer.json()["detail"].as_str().unwrap()),
        (400, "The head of a part is too large.")
    );
    assert!(sent.load(Ordering::Relaxed) < 32);
}

#[tokio::test]
async fn an_upload_is_never_in_memory_as_a_whole() {
    static AHEAD: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    const PIECES: usize = 2000;
    async fn size(mut form: Multipart) -> Result<String, Problem> {
        let mut size = 0;
        while let Some(mut field) = form.next().await? {
            while let Some(chunk) = field.chunk().await? {
                size += chunk.len();
                MOST.fetch_max(
                    AHEAD.fetch_sub(chunk.len().min(AHEAD.load(Ordering::SeqCst)), Ordering::SeqCst),
                    Ordering::SeqCst,
                );
            }
        }
        Ok(size.to_string())
    }
    let routes: Routes = Routes::new().route(post("/", "size").allow(PUBLIC).limit_body(1 << 40).to(size));
    let head = Bytes::from_static(b"--XX\r\nContent-Disposition: form-data; name=file; filename=x\r\n\r\n");
    let piece = move |n| {
        if n == 0 {
            return Ok::<_, std::io::Error>(head.clone());
        }
        if n == PIECES + 1 {
            return Ok(Bytes::from_static(b"\r\n--XX--\r\n"));
        }
        AHEAD.fetch_add(65536, Ordering::SeqCst);
        Ok(Bytes::from(vec![0; 65536]))
    };
    let pieces: Vec<usize> = (0..PIECES + 2).collect();
    let body = Body::from_stream(stream::iter(pieces.into_iter().map(piece)));
    assert_eq!(call(&routes, send(body)).await.text(), (PIECES * 65536).to_string());
    assert!(
        MOST.load(Ordering::SeqCst) <= 4 * 65536,
        "{} bytes were read ahead",
        MOST.load(Ordering::SeqCst)
    );
}

#[tokio::test]
async fn a_field_can_be_passed_on_as_a_stream() {
    async fn sizes(form: Multipart) -> Result<Json<Vec<usize>>, Problem> {
        let mut form = form.limit_field(500);
        let mut sizes = Vec::new();
        while let Some(mut field) = form.next().await? {
            let pieces = Body::from_stream(stream::iter(field.stream().collect::<Vec<_>>().await));
            let whole = pieces.into_bytes(1 << 20).await;
            sizes.push(whole.map_err(|error| Problem::new(problems::BAD_BODY).because(error))?.len());
        }
        Ok(Json(sizes))
    }
    assert_eq!(call(&post_root!(sizes), send(many(3, 500))).await.json(), json!([500, 500, 500]));
    assert_eq!(call(&post_root!(sizes), send(many(3, 501))).await.status, 400);
}

#[tokio::test]
async fn nothing_is_read_before_it_is_needed() {
    static SENT: AtomicUsize = AtomicUsize::new(0);
    async fn peek(mut form: Multipart) -> Result<String, Problem> {
        let mut seen = Vec::new();
        for _ in 0..20 {
            if let Some(field) = form.next().await? {
                field.bytes(10).await?;
            }
            seen.push(SENT.load(Ordering::SeqCst));
        }
        Ok(format!("{seen:?}"))
    }
    let small = Bytes::from(
        many(20, 10).replace("--XX--\r\n", "--XX\r\nContent-Disposition: form-data; name=big\r\n\r\n"),
    );
    let pieces = stream::iter([small]).chain(stream::repeat(Bytes::from_static(&[0; 1024])));
    let counted = pieces.map(|piece| {
        SENT.fetch_add(1, Ordering::SeqCst);
        Ok::<_, std::io::Error>(piece)
    });
    let routes: Routes = Routes::new().route(post("/", "peek").allow(PUBLIC).limit_body(1 << 40).to(peek));
    // All small fields are in the first piece; a second may be read to find the first boundary.
    let seen = call(&routes, send(Body::from_stream(counted))).await;
    assert!(
        seen.text() == format!("{:?}", [1; 20]) || seen.text() == format!("{:?}", [2; 20]),
        "{}",
        seen.text()
    );
}

proptest! {
    #[test]
    fn parsers_take_any_text(text in ".*", bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        use gravity_core::http::extract::multipart::{boundary, disposition};
        drop(boundary(&text));
        drop(disposition(&bytes));
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        let read = disposition(format!("form-data; name=\"{quoted}\"").as_bytes());
        prop_assert_eq!(read.map(|read| read.name), Some(text));
    }
}
