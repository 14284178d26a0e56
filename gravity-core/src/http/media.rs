//! Media types: what a body is, and what a client accepts (RFC 9110, section 12.5.1).

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};

use super::field;

/// Whether the body is of this media type, whatever its parameters.
pub(crate) fn content_is(headers: &HeaderMap, media: &str) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    bare(value).eq_ignore_ascii_case(media)
}

/// A media type without its parameters.
pub(crate) fn bare(media: &str) -> &str {
    media.split(';').next().unwrap_or(media).trim()
}

/// Whether a text is a media type, such as `text/plain; charset=utf-8`.
pub(crate) fn is_valid(media: &str) -> bool {
    let mut pieces = field::split(media, b';');
    let named = pieces
        .next()
        .and_then(|bare| bare.trim().split_once('/'))
        .is_some_and(|(kind, sub)| field::is_token(kind) && field::is_token(sub));
    named && pieces.all(|piece| field::parameter(piece).is_some())
}

/// The offered media type that the client likes best, the first of equals; `None` where it accepts
/// none of them. A client that says nothing accepts everything.
///
/// ```
/// # use gravity_core::http::media::best;
/// # use http::{HeaderMap, header::ACCEPT};
/// let mut headers = HeaderMap::new();
/// headers.insert(ACCEPT, "text/*, text/html;q=0.2, */*;q=0.1".parse().unwrap());
/// assert_eq!(best(&headers, &["text/html", "text/csv"]), Some("text/csv"));
/// ```
pub fn best<'m>(headers: &HeaderMap, offered: &[&'m str]) -> Option<&'m str> {
    let mut best: Option<(&'m str, u16)> = None;
    for &media in offered {
        let weight = weight(headers, media);
        if weight > best.map_or(0, |(_, weight)| weight) {
            best = Some((media, weight));
        }
    }
    best.map(|(media, _)| media)
}

/// How much the client likes a media type: 0 (not at all) to 1000.
///
/// The most specific range that covers it decides, wherever it stands; ranges that break the grammar
/// are passed over, and where none is left, everything is accepted.
pub fn weight(headers: &HeaderMap, media: &str) -> u16 {
    let ranges = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| field::split(value, b','))
        .filter_map(Range::parse);
    let mut says_nothing = true;
    let mut best = (0, 0);
    for range in ranges {
        says_nothing = false;
        if let Some(closeness) = range.covers(media) {
            best = best.max((closeness, range.weight));
        }
    }
    if says_nothing { 1000 } else { best.1 }
}

/// A media range of an `Accept` header.
struct Range<'a> {
    kind: &'a str,
    sub: &'a str,
    params: &'a str,
    weight: u16,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (bare, params) = text.split_once(';').unwrap_or((text, ""));
        let (kind, sub) = bare.trim().split_once('/')?;
        if !field::is_token(kind) || !field::is_token(sub) || (kind == "*" && sub != "*") {
            return None;
        }
        let mut weight = 1000;
        for piece in pieces(params) {
            let (name, value) = field::parameter(piece)?;
            if name.eq_ignore_ascii_case("q") {
                weight = thousandths(&value)?;
                break;
            }
        }
        Some(Self { kind, sub, params, weight })
    }

    /// How closely this range describes a media type that it covers.
    fn covers(&self, media: &str) -> Option<usize> {
        let (bare, offered) = media.split_once(';').unwrap_or((media, ""));
        let (kind, sub) = bare.trim().split_once('/')?;
        if self.kind == "*" {
            return Some(0);
        }
        if !self.kind.eq_ignore_ascii_case(kind) {
            return None;
        }
        if self.sub == "*" {
            return Some(1);
        }
        if !self.sub.eq_ignore_ascii_case(sub) {
            return None;
        }
        let mut closeness = 2;
        for piece in pieces(self.params) {
            let (name, value) = field::parameter(piece)?;
            if name.eq_ignore_ascii_case("q") {
                break;
            }
            let own = pieces(offered)
                .filter_map(field::parameter)
                .find(|(known, _)| known.eq_ignore_ascii_case(name))
                .map(|(_, value)| value);
            match own {
                Some(own) if own.eq_ignore_ascii_case(&value) => closeness += 1,
                // All our text is UTF-8, where the media type says so and where it has no need to.
                None if name.eq_ignore_ascii_case("charset") && value.eq_ignore_ascii_case("utf-8") => {}
                _ => return None,
            }
        }
        Some(closeness)
    }
}

fn pieces(params: &str) -> impl Iterator<Item = &str> {
    field::split(params, b';').filter(|piece| !piece.trim().is_empty())
}

/// A weight such as `0.25`, in thousandths.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let parts = format!("{fraction:0<3}").parse::<u16>().ok()?;
    match whole {
        "0" => Some(parts),
        "1" if parts == 0 => Some(1000),
        _ => None,
    }
}
