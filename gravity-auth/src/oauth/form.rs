//! `application/x-www-form-urlencoded`, as queries and as bodies.

use gravity_core::SecretString;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(super) fn escape(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// The pairs with `&` between. They may hold secrets.
pub(super) fn encode(pairs: &[(&str, &str)]) -> SecretString {
    let room = pairs.iter().map(|(name, value)| 3 * (name.len() + value.len()) + 2).sum();
    let mut text = String::with_capacity(room);
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        text.extend(utf8_percent_encode(name, ESCAPED));
        text.push('=');
        text.extend(utf8_percent_encode(value, ESCAPED));
    }
    SecretString::new(text)
}

/// A URL with these pairs behind what it has for a query.
pub(super) fn with_query(url: &str, pairs: &[(&str, &str)]) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}{}", encode(pairs).expose())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_adds_a_pair() {
        assert_eq!(encode(&[("a b", "c&d=e+f"), ("ä", "")]).expose(), "a%20b=c%26d%3De%2Bf&%C3%A4=");
        assert_eq!(with_query("https://a/b", &[("c", "#")]), "https://a/b?c=%23");
        assert_eq!(with_query("https://a/b?x=1", &[("c", "d")]), "https://a/b?x=1&c=d");
    }
}
