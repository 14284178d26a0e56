//! The text of an error that is kept beside what failed.

use std::any::Any;
use std::error::Error;

/// The longest text that is kept, in characters.
const MAX_TEXT: usize = 2_000;

/// A text that every database takes, and not longer than what is kept.
pub(crate) fn clean(text: &str) -> String {
    // PostgreSQL's text has no NUL.
    text.chars().filter(|char| *char != '\0').take(MAX_TEXT).collect()
}

/// What went wrong, with its causes.
pub(crate) fn text_of(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source
        && text.len() < MAX_TEXT
    {
        let cause_text = cause.to_string();
        // Some errors repeat the text of their cause.
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    clean(&text)
}

/// What a panic said, after what is told of it.
pub(crate) fn of_panic(told: &str, panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    clean(&format!("{told}: {}", text.unwrap_or("without words")))
}
