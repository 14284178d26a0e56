//! The pieces of header fields: lists, parameters, quoted strings (RFC 9110, section 5.6).

use std::borrow::Cow;

/// The pieces between separators, where one inside a quoted string separates nothing.
///
/// A quote that is never closed takes everything after it into its piece.
pub(crate) fn split(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let (mut quoted, mut escaped) = (false, false);
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                // A separator is ASCII, so that both sides of it are whole characters.
                _ if byte == separator && !quoted => {
                    let (piece, after) = text.split_at(at);
                    rest = after.get(1..);
                    return Some(piece);
                }
                _ => {}
            }
        }
        Some(text)
    })
}

/// Whether a text is a token: one or more of the characters that need no quotes.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// `name=value`, the value a token or a quoted string.
pub(crate) fn parameter(piece: &str) -> Option<(&str, Cow<'_, str>)> {
    let (name, text) = piece.trim_matches([' ', '\t']).split_once('=')?;
    Some((name, value(text)?)).filter(|_| is_token(name))
}

/// A token as it is, or what stands in a quoted string.
pub(crate) fn value(text: &str) -> Option<Cow<'_, str>> {
    match text.strip_prefix('"') {
        None => is_token(text).then_some(Cow::Borrowed(text)),
        Some(rest) => unquote(rest.strip_suffix('"')?),
    }
}

/// The text between the quotes of a quoted string.
fn unquote(inner: &str) -> Option<Cow<'_, str>> {
    if !inner.contains(['"', '\\']) {
        return Some(Cow::Borrowed(inner));
    }
    let mut text = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => return None,
            '\\' => text.push(letters.next()?),
            _ => text.push(letter),
        }
    }
    Some(Cow::Owned(text))
}

#[cfg(test)]
mod tests {
    use super::{parameter, split, value};

    #[test]
    fn quotes_hold_a_piece_together() {
        assert_eq!(split(r#"a, "b,\",c" ,"#, b',').collect::<Vec<_>>(), ["a", r#" "b,\",c" "#, ""]);
        assert_eq!(split(r#"a;"b;c"#, b';').collect::<Vec<_>>(), ["a", r#""b;c"#]);
    }

    #[test]
    fn values_are_tokens_or_quoted_strings() {
        assert_eq!(value("a-b").as_deref(), Some("a-b"));
        assert_eq!(value(r#""a \"b\\""#).as_deref(), Some(r#"a "b\"#));
        for broken in ["", "a b", "\"", "\"a\"b\"", r#""a\""#, "a\"", "ü"] {
            assert_eq!(value(broken), None, "{broken}");
        }
        assert_eq!(parameter(" q=\"1\" "), Some(("q", "1".into())));
        assert_eq!(parameter("q =1"), None);
    }
}
