//! [`Keyset`]: the order of a list that is read page by page.

use std::borrow::Cow;

use super::column::KeyColumn;
use crate::page::{CursorError, KeyValue, Sort, SortOrder};

/// The order of a list that is read page by page: columns, of which the last is unique.
///
/// The next page begins after the *values* of the last row of this one, not at a position. So rows that are
/// added or removed meanwhile make no other row appear twice or not at all.
///
/// Nulls come last in both directions, on both engines.
///
/// ```
/// # #[cfg(any(feature = "sqlite", feature = "postgres"))]
/// # mod example {
/// use gravity_core::Timestamp;
/// use gravity_core::db::{Database, Error};
/// use gravity_core::page::{KeyColumn, KeyKind, Keyset, PageRows, Position};
///
/// const NEWEST: Keyset =
///     Keyset::new(&[KeyColumn::desc("created_at", KeyKind::Time), KeyColumn::desc("id", KeyKind::Integer)]);
///
/// async fn page(
///     db: &Database,
///     owner: &str,
///     from: Option<&Position>,
/// ) -> Result<PageRows<(i64, Timestamp)>, Error> {
///     let rows = db
///         .query("SELECT id, created_at FROM notes WHERE owner = $1")
///         .bind(owner)
///         .push_page(&NEWEST, from, 20)
///         .fetch_all()
///         .await?;
///     Ok(NEWEST.cut(rows, from, 20, |&(id, at)| vec![at.into(), id.into()]))
/// }
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyset {
    pub(super) columns: Cow<'static, [KeyColumn]>,
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
        Self { columns: Cow::Borrowed(columns) }
    }

    /// The order that a caller asks for. A field stands for a column of `allowed`, in either direction; another
    /// one, or one twice, is [`CursorError::Order`]. `unique` comes last, in the direction of
    /// the column before it, and is the whole order when there are no `sorts`.
    pub fn sorted(
        sorts: &[Sort],
        allowed: &[(&str, KeyColumn)],
        unique: KeyColumn,
    ) -> Result<Self, CursorError> {
        let mut columns: Vec<KeyColumn> = Vec::with_capacity(sorts.len() + 1);
        let mut is_descending = unique.is_descending;
        for sort in sorts {
            let Some((_, column)) = allowed.iter().find(|(field, _)| *field == sort.field) else {
                return Err(CursorError::Order);
            };
            if columns.iter().any(|known| known.name == column.name) {
                return Err(CursorError::Order);
            }
            is_descending = sort.order == SortOrder::Descending;
            columns.push(KeyColumn { is_descending, ..*column });
        }
        // What follows a unique column decides nothing.
        if let Some(at) = columns.iter().position(|column| column.name == unique.name) {
            columns.truncate(at + 1);
        } else {
            columns.push(KeyColumn { is_descending, ..unique });
        }
        Ok(Self { columns: Cow::Owned(columns) })
    }

    /// The columns in order.
    pub fn columns(&self) -> &[KeyColumn] {
        &self.columns
    }

    /// Whether these values can be a place in this order. Whoever reads a page checks it too.
    pub fn check(&self, values: &[KeyValue]) -> Result<(), CursorError> {
        let fits = values.len() == self.columns.len()
            && self.columns.iter().zip(values).all(|(column, value)| column.takes(value));
        if fits { Ok(()) } else { Err(CursorError::Invalid) }
    }
}
