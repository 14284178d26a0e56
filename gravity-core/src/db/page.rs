//! A page of a list, as the end of a statement.

use super::{Query, predicate};
use crate::page::{Direction, Keyset, Position};

/// Appends the place in the list, its order, and how many rows to read.
pub(super) fn append(keyset: &Keyset, query: &mut Query<'_>, from: Option<&Position>, limit: u32) {
    let mut is_backward = false;
    if let Some(position) = from {
        is_backward = position.direction == Direction::Backward;
        match keyset.check(&position.values) {
            Ok(()) => predicate::append(keyset.columns(), position, query),
            Err(error) => query.fail(error.into()),
        }
    }
    for (index, column) in keyset.columns().iter().enumerate() {
        let text = query.text();
        text.push_str(if index == 0 { " ORDER BY " } else { ", " });
        text.push_str(column.name);
        text.push_str(if column.is_descending == is_backward { " ASC" } else { " DESC" });
        // An index has its nulls at one end; where there are none, do not ask for the other.
        if column.is_nullable {
            text.push_str(if is_backward { " NULLS FIRST" } else { " NULLS LAST" });
        }
    }
    query.text().push_str(" LIMIT ");
    // One more than the page has, to see whether there is another.
    query.append_bind(i64::from(limit) + 1);
}
