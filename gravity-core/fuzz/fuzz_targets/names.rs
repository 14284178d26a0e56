//! File names and addresses that a client chose: nothing leaves its folder, its header or this site.
#![no_main]

use gravity_core::http::file_name::safe_file_name;
use gravity_core::http::respond::file::{content_disposition, is_shown_safely};
use gravity_core::http::respond::is_local;
use gravity_core::http::{ETag, Event, Redirect, SetCookie};
use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;

fuzz_target!(|text: &str| {
    let name = safe_file_name(text);
    assert!((1..=255).contains(&name.len()), "{name:?}");
    assert!(
        !name.contains(['/', '\\', '"', '<', '>', ':', '|', '?', '*']) && !name.chars().any(char::is_control)
    );
    assert!(!name.starts_with('.') && !name.ends_with(['.', ' ']), "{name:?}");
    assert_eq!(safe_file_name(&name), name, "a safe name is safe");
    disposition(text, &name);
    redirect(text);

    let _ = is_shown_safely(text);
    if let Some(tag) = ETag::strong(text) {
        assert_eq!(ETag::parse(&tag.to_string()), Some(tag.clone()));
        assert_eq!(ETag::parse(&tag.clone().weakened().to_string()), Some(tag.weakened()));
    }
    let _ = (SetCookie::new("name", text), Event::data(text));
});

fn disposition(given: &str, safe: &str) {
    let value = content_disposition(false, Some(given));
    let value = value.to_str().expect("the header is visible ASCII");
    let plain = value.strip_prefix("attachment; filename=\"").expect("the name is kept");
    let (plain, rest) = plain.split_once('"').unwrap();
    assert!(!plain.contains(['\\', '/']));
    match rest.strip_prefix("; filename*=UTF-8''") {
        Some(encoded) => assert_eq!(percent_decode_str(encoded).decode_utf8().unwrap(), safe),
        None => assert_eq!((plain, rest), (safe, "")),
    }
}

fn redirect(text: &str) {
    let redirect = Redirect::<303>::to(text);
    assert_eq!(redirect.is_ok(), is_local(text));
    if redirect.is_ok() {
        assert!(stays_here(text), "{text:?} leads away");
    }
}

/// Whether a browser stays on the host, read as the URL standard tells it to: spaces and controls at either
/// end are cut off, tabs and line breaks are dropped, a backslash is a slash, and two slashes begin a host.
fn stays_here(text: &str) -> bool {
    let text = text.trim_matches(|letter: char| letter <= ' ');
    let mut letters = text.chars().filter(|letter| !"\t\n\r".contains(*letter));
    let slash = |letter: Option<char>| matches!(letter, Some('/' | '\\'));
    slash(letters.next()) && !slash(letters.next())
}
