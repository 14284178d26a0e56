//! [`Search`]: which recorded events are looked for.

use super::Envelope;
use crate::Timestamp;

/// Which recorded events are looked for; all that is said must hold. It is for people who look for a fault,
/// and not indexed but for the subject: without one it reads the log, from its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// Those about this subject.
    pub subject: Option<String>,
    /// Those of this name.
    pub name: Option<String>,
    /// Those recorded at this time or later.
    pub from: Option<Timestamp>,
    /// Those recorded before this time.
    pub until: Option<Timestamp>,
    /// Those before this position of the log.
    pub before: Option<i64>,
}

/// A recorded event, and its place in the log.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its place in the log.
    pub position: i64,
    /// The event, or why it cannot be read.
    pub event: Result<Envelope, String>,
}

impl Search {
    pub(super) fn finds(&self, event: &Envelope) -> bool {
        self.subject.as_ref().is_none_or(|subject| event.subject.as_ref() == Some(subject))
            && self.name.as_ref().is_none_or(|name| event.name == *name)
            && self.from.is_none_or(|from| event.time >= from)
            && self.until.is_none_or(|until| event.time < until)
    }
}
