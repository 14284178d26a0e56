//! [`Failure`]: why a handler did not handle an event.

use std::fmt;

/// The longest text of an error that is kept, in characters.
const MAX_TEXT: usize = 2_000;

/// Why a handler did not handle an event. Any error becomes one by `?`, and its text is kept with the event:
/// it should hold no secrets.
#[derive(Debug, Clone)]
pub struct Failure {
    text: String,
    is_permanent: bool,
}

impl Failure {
    /// A failure in words of one's own.
    pub fn new(text: impl fmt::Display) -> Self {
        // PostgreSQL's text has no NUL.
        let text = text.to_string().chars().filter(|char| *char != '\0').take(MAX_TEXT).collect();
        Self { text, is_permanent: false }
    }

    /// One that no other attempt will mend: the event goes aside at once.
    pub fn permanent(mut self) -> Self {
        self.is_permanent = true;
        self
    }

    /// What went wrong, with its causes.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether no other attempt will mend it.
    pub fn is_permanent(&self) -> bool {
        self.is_permanent
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
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
        Self::new(text)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
