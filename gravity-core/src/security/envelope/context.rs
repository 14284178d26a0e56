//! [`ColumnContext`].

/// Where a value stands: a table, a column and a row.
///
/// It is bound to the value when that is sealed, so that nobody who can write to the database gets
/// another row's value shown by copying it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnContext(Vec<u8>);

impl ColumnContext {
    /// The place of a value. The row is the bytes of its primary key, such as those of a UUID.
    pub fn new(table: &str, column: &str, row: impl AsRef<[u8]>) -> Self {
        let mut bytes = Vec::new();
        for part in [table.as_bytes(), column.as_bytes(), row.as_ref()] {
            // With its length in front, so that no two places have the same bytes.
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part);
        }
        Self(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
