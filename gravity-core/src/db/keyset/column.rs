//! A column of an order, and a value of it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Entity, Id, Timestamp};

/// A column that a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyColumn {
    pub(super) name: &'static str,
    pub(super) kind: KeyKind,
    pub(super) is_descending: bool,
    pub(super) is_nullable: bool,
}

/// The type of a column that a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyKind {
    /// Any integer.
    Integer,
    /// Text, in the order of the column's collation.
    Text,
    /// `uuid` on PostgreSQL, 16 bytes on SQLite.
    Uuid,
    /// A [`Timestamp`].
    Time,
}

/// A row's value of a column that the list is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum KeyValue {
    /// No value.
    #[serde(rename = "n")]
    Null,
    /// Of a column of kind [`KeyKind::Integer`].
    #[serde(rename = "i")]
    Integer(i64),
    /// Of a column of kind [`KeyKind::Text`].
    #[serde(rename = "s")]
    Text(String),
    /// Of a column of kind [`KeyKind::Uuid`].
    #[serde(rename = "u")]
    Uuid(Uuid),
    /// Of a column of kind [`KeyKind::Time`].
    #[serde(rename = "t")]
    Time(Timestamp),
}

impl KeyColumn {
    /// Ascending by a column, or an expression, that is never null.
    pub const fn asc(name: &'static str, kind: KeyKind) -> Self {
        Self {
            name,
            kind,
            is_descending: false,
            is_nullable: false,
        }
    }

    /// Descending by a column, or an expression, that is never null.
    pub const fn desc(name: &'static str, kind: KeyKind) -> Self {
        Self {
            name,
            kind,
            is_descending: true,
            is_nullable: false,
        }
    }

    /// The column has nulls, which come last.
    pub const fn nullable(self) -> Self {
        Self {
            is_nullable: true,
            ..self
        }
    }

    pub(super) fn takes(&self, value: &KeyValue) -> bool {
        match value {
            KeyValue::Null => self.is_nullable,
            KeyValue::Integer(_) => self.kind == KeyKind::Integer,
            KeyValue::Text(_) => self.kind == KeyKind::Text,
            KeyValue::Uuid(_) => self.kind == KeyKind::Uuid,
            KeyValue::Time(_) => self.kind == KeyKind::Time,
        }
    }
}

impl From<i64> for KeyValue {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<&str> for KeyValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<Timestamp> for KeyValue {
    fn from(value: Timestamp) -> Self {
        Self::Time(value)
    }
}

impl<E: Entity> From<Id<E>> for KeyValue {
    fn from(value: Id<E>) -> Self {
        Self::Uuid(value.uuid())
    }
}

impl From<Uuid> for KeyValue {
    fn from(value: Uuid) -> Self {
        Self::Uuid(value)
    }
}

impl<T: Into<KeyValue>> From<Option<T>> for KeyValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
