//! A page of a list that lies in memory.

use std::cmp::Ordering;

use super::{KeyColumn, Keyset, PageRows};
use crate::page::{CursorError, Direction, KeyValue, Position};

impl Keyset {
    /// Makes a page of a list that lies in memory, in whatever order: what a store without a database does,
    /// and what a statement with this order does in one. `key` gives an item's values of the columns.
    ///
    /// Texts compare by their characters' numbers; a database may have another collation.
    pub fn pick<T>(
        &self,
        items: impl IntoIterator<Item = T>,
        from: Option<&Position>,
        limit: u32,
        key: impl Fn(&T) -> Vec<KeyValue>,
    ) -> Result<PageRows<T>, CursorError> {
        let mut keyed: Vec<(Vec<KeyValue>, T)> = items.into_iter().map(|item| (key(&item), item)).collect();
        keyed.sort_by(|(a, _), (b, _)| self.compare(a, b));
        if let Some(Position { direction, values }) = from {
            self.check(values)?;
            let beyond = match direction {
                Direction::Forward => Ordering::Greater,
                Direction::Backward => Ordering::Less,
            };
            keyed.retain(|(key, _)| self.compare(key, values) == beyond);
            if *direction == Direction::Backward {
                keyed.reverse();
            }
        }
        // One more than the page has, to see whether there is another.
        let most = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
        let rows = keyed.into_iter().take(most).map(|(_, item)| item).collect();
        Ok(self.cut(rows, from, limit, key))
    }

    fn compare(&self, a: &[KeyValue], b: &[KeyValue]) -> Ordering {
        let columns = self.columns().iter().zip(a.iter().zip(b));
        columns.map(|(column, (a, b))| in_column(column, a, b)).fold(Ordering::Equal, Ordering::then)
    }
}

fn in_column(column: &KeyColumn, a: &KeyValue, b: &KeyValue) -> Ordering {
    let order = match (a, b) {
        // Nulls come last, whichever way the column is sorted.
        (KeyValue::Null, _) | (_, KeyValue::Null) => {
            return (*a == KeyValue::Null).cmp(&(*b == KeyValue::Null));
        }
        (KeyValue::Bool(a), KeyValue::Bool(b)) => a.cmp(b),
        (KeyValue::Integer(a), KeyValue::Integer(b)) => a.cmp(b),
        (KeyValue::Time(a), KeyValue::Time(b)) => a.cmp(b),
        (KeyValue::Uuid(a), KeyValue::Uuid(b)) => a.cmp(b),
        (KeyValue::Text(a), KeyValue::Text(b)) => a.cmp(b),
        // `key` gives a column values of one kind.
        _ => Ordering::Equal,
    };
    if column.is_descending { order.reverse() } else { order }
}
