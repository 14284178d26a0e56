//! `Content-Disposition` of an answer: shown or saved, and under which name (RFC 6266).

use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::http::file_name::safe_file_name;
use crate::http::media::bare;

/// What stands in an extended value as it is (RFC 8187).
const EXTENDED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The header for a file, its name made [safe](safe_file_name): in ASCII for old clients, and in full where
/// it has letters outside ASCII.
pub fn content_disposition(inline: bool, name: Option<&str>) -> HeaderValue {
    let kind = if inline { "inline" } else { "attachment" };
    let Some(name) = name.map(safe_file_name) else { return HeaderValue::from_static(kind) };
    // Clients decode percent signs in the plain form, each in its own way.
    let plain = |letter: char| if letter.is_ascii() && !"\"\\%".contains(letter) { letter } else { '_' };
    let ascii: String = name.chars().map(plain).collect();
    let text = if ascii == name {
        format!("{kind}; filename=\"{ascii}\"")
    } else {
        format!("{kind}; filename=\"{ascii}\"; filename*=UTF-8''{}", utf8_percent_encode(&name, EXTENDED))
    };
    // A safe name has no control characters, and the rest is ASCII.
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(kind))
}

/// Whether a browser may show a file of this media type that anyone has uploaded: it cannot run scripts.
pub fn is_shown_safely(media: &str) -> bool {
    let media = bare(media).to_ascii_lowercase();
    match media.split_once('/') {
        Some(("image", kind)) => !kind.contains("xml"),
        Some(("audio" | "video", _)) => true,
        Some(_) => {
            matches!(media.as_str(), "text/plain" | "text/csv" | "application/json" | "application/pdf")
        }
        None => false,
    }
}
