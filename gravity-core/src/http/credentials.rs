//! Credentials in a request's head: what an [`Authenticator`](super::Authenticator) starts from.
//!
//! Each function answers `None` where there are none of its kind, and a problem where there are some
//! that nobody could have meant: two of them, or one that breaks the grammar.

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

use super::cookie;
use super::problem::Problem;
use super::problems;

/// The longest credentials that are looked at, in bytes.
const MAX_LEN: usize = 8 * 1024;

/// The token of `Authorization: Bearer TOKEN` (RFC 6750).
pub fn bearer(head: &Parts) -> Result<Option<&str>, Problem> {
    token(&head.headers)
}

/// The key in a header such as `x-api-key`: visible ASCII without spaces.
pub fn api_key<'h>(head: &'h Parts, header: &str) -> Result<Option<&'h str>, Problem> {
    let mut values = head.headers.get_all(header).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(twice());
    }
    let key = value.to_str().ok().filter(|key| {
        !key.is_empty() && key.len() <= MAX_LEN && key.bytes().all(|byte| byte.is_ascii_graphic())
    });
    key.map(Some).ok_or_else(|| Problem::new(problems::UNAUTHENTICATED).header(WWW_AUTHENTICATE, API_KEY))
}

/// The value of a cookie. Two of the same name with different values are refused: one of them was
/// planted, and nobody can tell which.
pub fn cookie<'h>(head: &'h Parts, name: &str) -> Result<Option<&'h str>, Problem> {
    let mut values = cookie::all(&head.headers).filter(|(known, _)| *known == name).map(|(_, value)| value);
    let Some(value) = values.next() else { return Ok(None) };
    if values.any(|other| other != value) { Err(twice()) } else { Ok(Some(value)) }
}

const API_KEY: HeaderValue = HeaderValue::from_static("ApiKey");
const BEARER: HeaderValue = HeaderValue::from_static("Bearer error=\"invalid_token\"");

pub(crate) fn token(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(twice());
    }
    match parse_bearer(value.as_bytes()) {
        Bearer::Token(token) => Ok(Some(token)),
        Bearer::OtherScheme => Ok(None),
        Bearer::Malformed => Err(Problem::new(problems::UNAUTHENTICATED).header(WWW_AUTHENTICATE, BEARER)),
    }
}

fn twice() -> Problem {
    Problem::new(problems::BAD_REQUEST).detail("The request carries the same credentials twice.")
}

/// What an `Authorization` header holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearer<'a> {
    /// A bearer token.
    Token(&'a str),
    /// Credentials of another scheme.
    OtherScheme,
    /// The bearer scheme, with what is no token.
    Malformed,
}

/// Reads an `Authorization` header. The scheme is found in any case; the token is what RFC 9110 calls
/// token68, of at most 8 KiB.
pub fn parse_bearer(value: &[u8]) -> Bearer<'_> {
    let scheme_len = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
    let (scheme, rest) = value.split_at(scheme_len);
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return Bearer::OtherScheme;
    }
    let token = rest.trim_ascii();
    let body = token.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
    let valid = body > 0 && token.len() <= MAX_LEN && token.iter().take(body).all(allowed);
    match std::str::from_utf8(token) {
        Ok(token) if valid => Bearer::Token(token),
        _ => Bearer::Malformed,
    }
}
