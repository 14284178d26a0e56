//! [`CursorContext`]: the query that a cursor belongs to.

use std::fmt::Display;

use super::Sort;

/// The query that a cursor belongs to: its name, its filters, its order.
///
/// A cursor opens only in the context it was sealed in. Whoever changes a filter or the order between
/// two pages starts again, instead of getting a page that means nothing; and a cursor of one user's
/// list is worth nothing in another's, if the user is among the filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CursorContext(Vec<u8>);

impl CursorContext {
    /// The context of a query of that name, such as `notes.list`.
    pub fn new(query: &str) -> Self {
        let mut context = Self(Vec::new());
        context.part(b'q', query);
        context
    }

    /// Adds a filter; the order of filters counts.
    pub fn filter(mut self, name: &str, value: impl Display) -> Self {
        self.part(b'f', name);
        self.part(b'v', &value.to_string());
        self
    }

    /// Adds what the list is sorted by, first things first.
    pub fn sort<'a>(mut self, sorts: impl IntoIterator<Item = &'a Sort>) -> Self {
        for sort in sorts {
            self.part(b's', &sort.to_string());
        }
        self
    }

    /// Every part says how long it is, so that no two contexts read alike.
    fn part(&mut self, kind: u8, text: &str) {
        self.0.push(kind);
        self.0.extend((text.len() as u64).to_be_bytes());
        self.0.extend(text.as_bytes());
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
