//! Patterns of JSON schema, which are ECMAScript's, for the `regex` crate.

use regex::Regex;

/// Compiles a pattern so that it means what it means to ECMAScript where the two differ: `\d` and
/// `\w` are ASCII, and `[`, `&` and `~` have no meaning of their own inside of a class.
pub(super) fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    let mut out = String::with_capacity(pattern.len());
    let mut in_class = false;
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('d') => out.push_str("[0-9]"),
                Some('D') => out.push_str("[^0-9]"),
                Some('w') => out.push_str("[A-Za-z0-9_]"),
                Some('W') => out.push_str("[^A-Za-z0-9_]"),
                Some(escaped) => out.extend(['\\', escaped]),
                None => out.push('\\'),
            },
            '[' if !in_class => {
                in_class = true;
                out.push('[');
            }
            '[' | '&' | '~' if in_class => out.extend(['\\', letter]),
            ']' => {
                in_class = false;
                out.push(']');
            }
            _ => out.push(letter),
        }
    }
    Regex::new(&out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_what_ecmascript_means() {
        for (pattern, text, matches) in [
            (r"^\d+$", "42", true),
            (r"^\d+$", "٤٢", false),
            (r"^[\w-]+$", "a-b_9", true),
            (r"^[\w-]+$", "é", false),
            (r"^[\W]$", "é", true),
            (r"^[[&&~]+$", "[&~", true),
            (r"^a\/b$", "a/b", true),
            (r"^\u0041$", "A", true),
            ("^a$", "a\n", false),
            ("b", "abc", true),
        ] {
            assert_eq!(compile(pattern).unwrap().is_match(text), matches, "{pattern} {text}");
        }
        assert!(compile("(").is_err());
        assert!(compile("\\").is_err());
    }
}
