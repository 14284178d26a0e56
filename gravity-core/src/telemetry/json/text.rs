//! Texts in JSON, of any characters and any length.

use std::fmt::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What is left of a text that is longer than so many bytes: its beginning, and `…`.
///
/// A value that is written piece by piece is written no further than that; one that panics is told as such.
pub(crate) fn limited(text: fmt::Arguments<'_>, most: usize) -> String {
    let mut out = Limited { text: String::new(), most };
    let written = catch_unwind(AssertUnwindSafe(|| {
        // An error says that it is long enough.
        let _ = out.write_fmt(text);
    }));
    if written.is_err() {
        out.text.push_str("(a value that panicked)");
    }
    out.text
}

struct Limited {
    text: String,
    most: usize,
}

impl Write for Limited {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let room = self.most.saturating_sub(self.text.len());
        if piece.len() <= room {
            self.text.push_str(piece);
            return Ok(());
        }
        self.text.push_str(&piece[..piece.floor_char_boundary(room)]);
        self.text.push('…');
        Err(fmt::Error)
    }
}

/// Appends a text as a JSON string.
///
/// Beside what JSON demands it escapes the characters that end a line, move a cursor or turn the direction of
/// writing somewhere: a line of the log shows as one line and as nothing else.
pub(super) fn quote(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\x1f'
            | '\u{7f}'..='\u{9f}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}' => {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_text_comes_back(text in any::<String>()) {
            let mut out = String::new();
            quote(&text, &mut out);
            prop_assert!(!out.chars().any(char::is_control));
            prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }

        #[test]
        fn a_long_text_is_cut_between_characters(text in any::<String>(), most in 0_usize..40) {
            let cut = limited(format_args!("{text}"), most);
            if text.len() <= most {
                prop_assert_eq!(cut, text);
            } else {
                prop_assert!(text.starts_with(cut.strip_suffix('…').unwrap()) && cut.len() <= most + 3);
            }
        }
    }
}
