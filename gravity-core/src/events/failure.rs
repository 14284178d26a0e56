//! [`Failure`]: why a handler did not handle an event.

use std::fmt;

use crate::cause;

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
        Self { text: cause::clean(&text.to_string()), is_permanent: false }
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
        Self { text: cause::text_of(&error), is_permanent: false }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
