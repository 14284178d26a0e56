//! Lists in pages that stay right while rows come and go.

mod column;
mod predicate;

use std::borrow::Cow;

pub use column::{KeyColumn, KeyKind, KeyValue};

use super::{Error, ErrorKind, Query};

/// The order of a list that is read page by page: columns, of which the last is unique.
///
/// The next page begins after the *values* of the last row of this one, not at a position. So rows that are
/// added or removed meanwhile make no other row appear twice or not at all.
///
/// Nulls come last in both directions, on both engines.
///
/// ```
/// use gravity_core::Timestamp;
/// use gravity_core::db::{Database, Error, KeyColumn, KeyKind, KeyValue, Keyset};
///
/// const NEWEST: Keyset =
///     Keyset::new(&[KeyColumn::desc("created_at", KeyKind::Time), KeyColumn::desc("id", KeyKind::Integer)]);
///
/// async fn page(
///     db: &Database,
///     owner: &str,
///     after: Option<&[KeyValue]>,
/// ) -> Result<(Vec<(i64, Timestamp)>, Option<Vec<KeyValue>>), Error> {
///     let rows = db
///         .query("SELECT id, created_at FROM notes WHERE owner = $1")
///         .bind(owner)
///         .push_page(&NEWEST, after, 20)
///         .fetch_all()
///         .await?;
///     Ok(NEWEST.cut(rows, 20, |&(id, at)| vec![at.into(), id.into()]))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyset {
    columns: Cow<'static, [KeyColumn]>,
}

impl Keyset {
    /// The order of these columns.
    ///
    /// # Panics
    ///
    /// When there is no column, or the last one, which has to be unique, may be null. As a constant such an
    /// order does not compile.
    pub const fn new(columns: &'static [KeyColumn]) -> Self {
        assert!(!columns.is_empty(), "a keyset needs a column");
        assert!(
            !columns[columns.len() - 1].is_nullable,
            "the last column of a keyset is unique and never null"
        );
        Self {
            columns: Cow::Borrowed(columns),
        }
    }

    /// The order that a caller asks for: names with commas between, `-` before a name for descending, such as
    /// `-created_at,title`. A name stands for a column of `allowed`, in either direction; anything else is an
    /// error of kind [`ErrorKind::Cursor`]. `unique` comes last, in the direction of the column before it, and
    /// is the whole order when `text` is empty.
    pub fn parse(
        text: &str,
        allowed: &[(&str, KeyColumn)],
        unique: KeyColumn,
    ) -> Result<Self, Error> {
        let mut columns = Vec::new();
        let mut is_descending = unique.is_descending;
        for name in text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            let (name, descending) = match name.strip_prefix('-') {
                Some(name) => (name, true),
                None => (name, false),
            };
            let Some((_, column)) = allowed.iter().find(|(allowed, _)| *allowed == name) else {
                return Err(Error::new(
                    ErrorKind::Cursor,
                    "the list cannot be sorted by this name",
                ));
            };
            if columns
                .iter()
                .any(|known: &KeyColumn| known.name == column.name)
            {
                return Err(Error::new(
                    ErrorKind::Cursor,
                    "the list is sorted twice by the same name",
                ));
            }
            is_descending = descending;
            columns.push(KeyColumn {
                is_descending,
                ..*column
            });
        }
        if !columns.iter().any(|column| column.name == unique.name) {
            columns.push(KeyColumn {
                is_descending,
                ..unique
            });
        }
        Ok(Self {
            columns: Cow::Owned(columns),
        })
    }

    /// The columns in order.
    pub fn columns(&self) -> &[KeyColumn] {
        &self.columns
    }

    /// Whether these values can be a place in this order. What a client sent back is checked by it; the
    /// statement checks it too.
    pub fn check(&self, values: &[KeyValue]) -> Result<(), Error> {
        let fits = values.len() == self.columns.len()
            && self
                .columns
                .iter()
                .zip(values)
                .all(|(column, value)| column.takes(value));
        if fits {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Cursor,
            "the cursor belongs to another list",
        ))
    }

    /// Makes a page of the rows that a statement with [`Query::push_page`] of the same limit gave: at most
    /// `limit` of them, and the place after the last one if there are more. `key` gives a row's values of the
    /// columns, in their order.
    pub fn cut<T>(
        &self,
        mut rows: Vec<T>,
        limit: u32,
        key: impl FnOnce(&T) -> Vec<KeyValue>,
    ) -> (Vec<T>, Option<Vec<KeyValue>>) {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_more).map(key);
        debug_assert!(
            next.as_deref().is_none_or(|next| self.check(next).is_ok()),
            "the key fits the columns"
        );
        (rows, next)
    }

    pub(super) fn append(&self, query: &mut Query<'_>, after: Option<&[KeyValue]>, limit: u32) {
        if let Some(values) = after {
            match self.check(values) {
                Ok(()) => predicate::append(&self.columns, values, query),
                Err(error) => query.fail(error),
            }
        }
        for (index, column) in self.columns.iter().enumerate() {
            let text = query.text();
            text.push_str(if index == 0 { " ORDER BY " } else { ", " });
            text.push_str(column.name);
            text.push_str(if column.is_descending {
                " DESC"
            } else {
                " ASC"
            });
            // An index has its nulls at one end; where there are none, do not ask for the other.
            if column.is_nullable {
                text.push_str(" NULLS LAST");
            }
        }
        query.text().push_str(" LIMIT ");
        // One more than the page has, to see whether there is another.
        query.append_bind(i64::from(limit) + 1);
    }
}
