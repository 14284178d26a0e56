//! Multipart bodies: however they are cut they read the same, and what a browser would write comes back.
#![no_main]

use arbitrary::Arbitrary;
use bytes::Bytes;
use futures_util::stream;
use gravity_core::http::file_name::safe_file_name;
use gravity_core::http::{Body, Json, Multipart, PUBLIC, Problem, Routes, post};
use gravity_core_fuzz::{Answer, ask};
use http::Request;
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    raw: &'a [u8],
    fields: Vec<(&'a str, Option<&'a str>, &'a str)>,
    cuts: Vec<u8>,
}

type Field = (String, Option<String>, Option<String>, String);

async fn list(mut form: Multipart) -> Result<Json<Vec<Field>>, Problem> {
    let mut fields = Vec::new();
    while let Some(field) = form.next().await? {
        let (name, file) = (field.name().to_owned(), field.file_name());
        let given = field.given_file_name().map(str::to_owned);
        fields.push((name, file, given, field.text(1 << 16).await?));
    }
    Ok(Json(fields))
}

thread_local! {
    static ROUTES: Routes = Routes::new().route(post("/", "list").allow(PUBLIC).to(list));
}

fn send(body: Body) -> Answer {
    let request = Request::post("/").header("content-type", "multipart/form-data; boundary=XX");
    ROUTES.with(|routes| ask(routes, request.body(body).unwrap()))
}

/// The body in pieces of these lengths, over and over.
fn cut(body: &[u8], cuts: &[u8]) -> Body {
    let mut rest = Bytes::copy_from_slice(body);
    let mut pieces = Vec::new();
    for cut in cuts.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let piece = rest.split_to(usize::from(*cut).clamp(1, rest.len()));
        pieces.push(Ok::<_, std::io::Error>(piece));
    }
    pieces.extend((!rest.is_empty()).then_some(Ok(rest)));
    Body::from_stream(stream::iter(pieces))
}

fuzz_target!(|input: Input<'_>| {
    let raw = [b"--XX\r\ncontent-disposition: form-data; name=", input.raw].concat();
    for body in [input.raw, &raw] {
        let (whole, pieces) = (send(Body::from(body.to_vec())), send(cut(body, &input.cuts)));
        assert_eq!(whole.status, pieces.status);
        if whole.status.is_success() {
            assert_eq!(whole.body, pieces.body);
        }
    }

    let Some(written) = write(&input.fields) else { return };
    let answer = send(cut(written.as_bytes(), &input.cuts));
    assert_eq!(answer.status, 200, "{answer:?} to {written:?}");
    let read: Vec<Field> = serde_json::from_slice(&answer.body).unwrap();
    let sent: Vec<Field> = input
        .fields
        .iter()
        .map(|(name, file, text)| {
            let given = file.map(str::to_owned);
            ((*name).to_owned(), file.map(safe_file_name), given, (*text).to_owned())
        })
        .collect();
    assert_eq!(read, sent);
});

/// The form as a careful client writes it; nothing where it would have to choose another boundary.
fn write(fields: &[(&str, Option<&str>, &str)]) -> Option<String> {
    let quoted = |text: &str| {
        let fits = text.len() < 200 && !text.chars().any(char::is_control);
        fits.then(|| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
    };
    let mut body = String::new();
    for (name, file, text) in fields.iter().take(100) {
        let name = quoted(name).filter(|_| !text.contains("--XX"))?;
        let file = match file {
            Some(file) => format!("; filename={}", quoted(file)?),
            None => String::new(),
        };
        body += &format!("--XX\r\nContent-Disposition: form-data; name={name}{file}\r\n\r\n{text}\r\n");
    }
    (fields.len() <= 100).then_some(body + "--XX--\r\n")
}
