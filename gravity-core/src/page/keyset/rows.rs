//! A page's rows, and the places around them.

use super::Keyset;
use crate::page::{CursorContext, CursorError, CursorKeys, Direction, KeyValue, Page, Position};

/// The rows of a page, and where the pages beside it begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRows<T> {
    /// The rows in the list's order, whichever way the page was reached.
    pub items: Vec<T>,
    /// Where the page after this one begins; none if this is the last.
    pub next: Option<Position>,
    /// Where the page before this one begins; none if this is the first.
    pub previous: Option<Position>,
}

impl Keyset {
    /// Makes a page of the rows that a statement with [`Query::push_page`](crate::db::Query::push_page), of
    /// the same place and limit, gave. `key` gives a row's values of the columns, in their order.
    pub fn cut<T>(
        &self,
        mut rows: Vec<T>,
        from: Option<&Position>,
        limit: u32,
        key: impl Fn(&T) -> Vec<KeyValue>,
    ) -> PageRows<T> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let direction = from.map_or(Direction::Forward, |position| position.direction);
        // Where a page was reached from there is a page to go back to.
        let (has_next, has_previous) = match direction {
            Direction::Forward => (has_more, from.is_some()),
            Direction::Backward => (true, has_more),
        };
        if direction == Direction::Backward {
            rows.reverse();
        }
        let place = |row: &T, direction| {
            let values = key(row);
            debug_assert!(self.check(&values).is_ok(), "the key fits the columns");
            Position { direction, values }
        };
        let next = rows.last().filter(|_| has_next).map(|row| place(row, Direction::Forward));
        let previous = rows.first().filter(|_| has_previous).map(|row| place(row, Direction::Backward));
        PageRows { items: rows, next, previous }
    }
}

impl<T> PageRows<T> {
    /// The page as a client gets it, with its cursors signed for this query.
    pub fn seal(self, keys: &CursorKeys, context: &CursorContext) -> Result<Page<T>, CursorError> {
        let seal = |place: Option<Position>| place.map(|place| keys.seal(context, &place)).transpose();
        Ok(Page { next: seal(self.next)?, previous: seal(self.previous)?, items: self.items })
    }

    /// The same page of other items, each made of one of these.
    pub fn map<U>(self, map: impl FnMut(T) -> U) -> PageRows<U> {
        PageRows {
            items: self.items.into_iter().map(map).collect(),
            next: self.next,
            previous: self.previous,
        }
    }
}
