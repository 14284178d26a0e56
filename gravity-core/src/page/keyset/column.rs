//! A column of an order.

use crate::page::KeyValue;

/// A column that a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyColumn {
    pub(crate) name: &'static str,
    pub(crate) kind: KeyKind,
    pub(crate) is_descending: bool,
    pub(crate) is_nullable: bool,
}

/// The type of a column that a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyKind {
    /// A truth value; false comes before true.
    Bool,
    /// A `bigint`, or any integer.
    Integer,
    /// Text, in the order of the column's collation.
    Text,
    /// `uuid` on PostgreSQL, 16 bytes on SQLite.
    Uuid,
    /// A [`Timestamp`](crate::Timestamp).
    Time,
}

impl KeyColumn {
    /// Ascending by a column, or an expression, that is never null.
    pub const fn asc(name: &'static str, kind: KeyKind) -> Self {
        Self { name, kind, is_descending: false, is_nullable: false }
    }

    /// Descending by a column, or an expression, that is never null.
    pub const fn desc(name: &'static str, kind: KeyKind) -> Self {
        Self { name, kind, is_descending: true, is_nullable: false }
    }

    /// The column has nulls, which come last.
    pub const fn nullable(self) -> Self {
        Self { is_nullable: true, ..self }
    }

    /// The column, or the expression.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn takes(&self, value: &KeyValue) -> bool {
        match value {
            KeyValue::Null => self.is_nullable,
            KeyValue::Bool(_) => self.kind == KeyKind::Bool,
            KeyValue::Integer(_) => self.kind == KeyKind::Integer,
            KeyValue::Text(_) => self.kind == KeyKind::Text,
            KeyValue::Uuid(_) => self.kind == KeyKind::Uuid,
            KeyValue::Time(_) => self.kind == KeyKind::Time,
        }
    }
}
