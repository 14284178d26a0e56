//! What of a fault may be shown.

use std::sync::LazyLock;

use regex::Regex;

use crate::security::mask::{MASK, Masker, shorten};

const LONGEST: usize = 300;

/// An error with its causes, without credentials in addresses and without the values of secrets.
pub(super) fn shown(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source
        && text.len() < 4 * LONGEST
    {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    masked(&text)
}

fn masked(text: &str) -> String {
    static USER_INFO: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"://[^\s"'<>]*@"#).ok());
    // A name, perhaps with the quote that ends it, and a value, perhaps with the scheme of credentials before it.
    static SETTING: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let value = r#"(?:(?i:bearer|basic)\s+)?(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s&;,]+)"#;
        Regex::new(&format!(r#"([A-Za-z_-]+)(["']?\s*[=:]\s*)({value})"#)).ok()
    });
    let (Some(user_info), Some(setting)) = (&*USER_INFO, &*SETTING) else { return MASK.to_owned() };
    let masker = Masker::new();
    let text: String = text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    let text = user_info.replace_all(&text, "://***@");
    let text = setting.replace_all(&text, |found: &regex::Captures<'_>| {
        if masker.is_secret(&found[1]) {
            format!("{}{}{MASK}", &found[1], &found[2])
        } else {
            found[0].to_owned()
        }
    });
    shorten(&text, LONGEST).into_owned()
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn credentials_are_not_shown() {
        for (text, shown) in [
            ("cannot reach postgres://app:hunter2@db:5432/x", "cannot reach postgres://***@db:5432/x"),
            ("redis://:p@ss@cache/0 is down", "redis://***@cache/0 is down"),
            ("host=db password=hunter2 user=app", "host=db password=*** user=app"),
            ("token: \"hunter2 x\", port: 1", "token: ***, port: 1"),
            ("no\nline", "no line"),
            ("at postgres://app:hun/ter2@db:5432/x", "at postgres://***@db:5432/x"),
            ("authorization: Bearer ey.hunter2 refused", "authorization: *** refused"),
            (
                r#"{"user":"app","password":"hun\"ter2","port":1}"#,
                r#"{"user":"app","password":***,"port":1}"#,
            ),
            ("{'api_key': 'hunter2'}", "{'api_key': ***}"),
            ("password=\"hunter2 and no end", "password=***"),
        ] {
            assert_eq!(masked(text), shown);
        }
        assert_eq!(masked(&"x".repeat(1_000)).chars().count(), 300);
    }
}
