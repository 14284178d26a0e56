//! [`Event`]: one event of a stream.

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

/// One server-sent event.
///
/// ```
/// # use gravity_core::http::{Event, InvalidEvent};
/// # fn main() -> Result<(), InvalidEvent> {
/// let event = Event::data("first line\nsecond line").name("note")?.id("7")?;
/// assert_eq!(event.to_string(), "data: first line\ndata: second line\nevent: note\nid: 7\n\n");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event(String);

/// A name or an id that would break out of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name or id of an event holds a line break or a null character")]
pub struct InvalidEvent;

impl Event {
    /// An event with text of any number of lines. The client sees every kind of line break as `\n`.
    pub fn data(text: &str) -> Self {
        let mut event = Self(String::with_capacity(text.len() + 16));
        event.lines("data: ", text);
        event
    }

    /// An event with a JSON document.
    pub fn json(document: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self::data(&serde_json::to_string(document)?))
    }

    /// A comment, which clients do not see.
    pub fn comment(text: &str) -> Self {
        let mut event = Self(String::new());
        event.lines(": ", text);
        event
    }

    /// Its name: what a client listens for. Without one it is a `message`.
    pub fn name(mut self, name: &str) -> Result<Self, InvalidEvent> {
        self.line("event: ", name)?;
        Ok(self)
    }

    /// Its id, which a client sends back when it connects again.
    pub fn id(mut self, id: &str) -> Result<Self, InvalidEvent> {
        self.line("id: ", id)?;
        Ok(self)
    }

    /// How long the client waits until it connects again.
    #[must_use]
    pub fn retry(mut self, delay: Duration) -> Self {
        self.push("retry: ", &delay.as_millis().to_string());
        self
    }

    fn line(&mut self, field: &str, text: &str) -> Result<(), InvalidEvent> {
        if text.contains(['\r', '\n', '\0']) {
            return Err(InvalidEvent);
        }
        self.push(field, text);
        Ok(())
    }

    fn lines(&mut self, field: &str, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find(['\r', '\n']) {
            let (line, tail) = rest.split_at(at);
            self.push(field, line);
            rest = tail.strip_prefix("\r\n").or_else(|| tail.get(1..)).unwrap_or_default();
        }
        self.push(field, rest);
    }

    fn push(&mut self, field: &str, text: &str) {
        self.0.push_str(field);
        self.0.push_str(text);
        self.0.push('\n');
    }

    pub(super) fn into_bytes(mut self) -> Bytes {
        self.0.push('\n');
        self.0.into()
    }
}

impl std::fmt::Display for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.0)
    }
}
