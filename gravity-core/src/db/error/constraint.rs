//! Which constraint a statement violated.

use std::fmt;

/// A constraint of the schema, as far as the engine tells.
///
/// PostgreSQL gives a name and a table, and for unique and foreign keys the columns. SQLite gives the
/// table and the columns, or the name alone: for checks, and for unique indexes over expressions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Constraint {
    pub(super) name: Option<String>,
    pub(super) table: Option<String>,
    pub(super) columns: Vec<String>,
}

impl Constraint {
    /// The name of the constraint or index.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The table it belongs to.
    pub fn table(&self) -> Option<&str> {
        self.table.as_deref()
    }

    /// The columns it covers, in the schema's order; empty when the engine does not say.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(String::as_str)
    }

    /// Whether it covers exactly these columns of this table.
    pub fn covers(&self, table: &str, columns: &[&str]) -> bool {
        if !self.columns.is_empty() {
            return self.table() == Some(table) && self.columns().eq(columns.iter().copied());
        }
        // A role that may not read the columns is not told them; the names PostgreSQL makes up remain.
        match self.name() {
            Some(name) => self.table() == Some(table) && name == format!("{table}_{}_key", columns.join("_")),
            None => false,
        }
    }

    /// Reads `notes.owner, notes.title`, `index 'notes_lower_title'` or the name of a check.
    #[cfg(any(feature = "sqlite", test))]
    pub(super) fn from_sqlite(message: &str) -> Option<Self> {
        let (_, what) = message.split_once("constraint failed: ")?;
        if let Some(name) = what.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\'')) {
            return Some(Self { name: Some(name.to_owned()), ..Self::default() });
        }
        let mut found = Self::default();
        for column in what.split(", ") {
            let Some((table, column)) = column.split_once('.') else {
                return Some(Self { name: Some(what.to_owned()), ..Self::default() });
            };
            found.table = Some(table.to_owned());
            found.columns.push(column.to_owned());
        }
        Some(found)
    }

    /// Takes the columns from `Key (owner, title)=(…) already exists.`, in whatever language.
    #[cfg(any(feature = "postgres", test))]
    pub(super) fn columns_of_detail(detail: &str) -> Vec<String> {
        let Some(keys) =
            detail.split_once('(').and_then(|(_, rest)| rest.split_once(")=(")).map(|(keys, _)| keys)
        else {
            return Vec::new();
        };
        keys.split(", ").map(|column| column.trim_matches('"').to_owned()).collect()
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.name, &self.table) {
            (Some(name), _) => f.write_str(name),
            (None, Some(table)) => write!(f, "{table}({})", self.columns.join(", ")),
            (None, None) => f.write_str("a constraint"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_engines_answer_the_same_question() {
        let sqlite = Constraint::from_sqlite("UNIQUE constraint failed: notes.owner, notes.title").unwrap();
        let postgres = Constraint {
            name: Some("notes_owner_title_key".into()),
            table: Some("notes".into()),
            columns: Constraint::columns_of_detail("Key (owner, title)=(a, b=(c)) already exists."),
        };
        for found in [sqlite, postgres] {
            assert!(found.covers("notes", &["owner", "title"]), "{found:?}");
            assert!(!found.covers("notes", &["owner"]), "{found:?}");
            assert!(!found.covers("note", &["owner", "title"]), "{found:?}");
        }
    }

    #[test]
    fn names_are_read_where_there_are_no_columns() {
        let index = Constraint::from_sqlite("UNIQUE constraint failed: index 'users_lower_email'").unwrap();
        assert_eq!(index.name(), Some("users_lower_email"));
        let check = Constraint::from_sqlite("CHECK constraint failed: amount_is_positive").unwrap();
        assert_eq!(check.name(), Some("amount_is_positive"));
        assert!(Constraint::from_sqlite("FOREIGN KEY constraint failed").is_none());
        assert!(Constraint::columns_of_detail("").is_empty());
    }
}
