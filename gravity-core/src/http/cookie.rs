//! Cookies on the wire (RFC 6265, section 4).

use http::HeaderMap;
use http::header::COOKIE;

use super::field::is_token;

/// How many cookies of a request are looked at.
const MAX: usize = 128;

/// The cookies of a request, as they stand in all of its `Cookie` headers.
pub(crate) fn all(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(pairs).take(MAX)
}

/// The cookies of one `Cookie` header. Those that break the rules are passed over: other applications on
/// the same host may have set them.
pub fn pairs(header: &str) -> impl Iterator<Item = (&str, &str)> {
    header.split(';').filter_map(|pair| {
        let (name, value) = pair.trim_matches([' ', '\t']).split_once('=')?;
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        (is_token(name) && is_value(value)).then_some((name, value))
    })
}

/// Whether a text can be the value of a cookie: visible ASCII without quotes, commas, semicolons and
/// backslashes.
pub(crate) fn is_value(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte))
}
