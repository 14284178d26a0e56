//! [`Sort`]: what a list is sorted by.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::validate::Faults;

/// Which end of a list comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SortOrder {
    /// The least first.
    #[default]
    Ascending,
    /// The greatest first.
    Descending,
}

impl SortOrder {
    /// The other one.
    pub const fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

/// A field that a list is sorted by, and which way; as text `name`, or `-name` for descending.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sort {
    /// The field.
    pub field: String,
    /// Which way.
    pub order: SortOrder,
}

impl Sort {
    /// By the field, the least first.
    pub fn ascending(field: impl Into<String>) -> Self {
        Self { field: field.into(), order: SortOrder::Ascending }
    }

    /// By the field, the greatest first.
    pub fn descending(field: impl Into<String>) -> Self {
        Self { field: field.into(), order: SortOrder::Descending }
    }

    /// Reads a list such as `-created_at,title`, of fields that are allowed, none of them twice.
    ///
    /// The faults point at `/sort`. An empty text sorts by nothing.
    pub fn parse_list(text: &str, allowed: &[&str]) -> Result<Vec<Self>, Faults> {
        let mut faults = Faults::new();
        let mut sorts: Vec<Self> = Vec::new();
        for item in text.split(',').filter(|_| !text.is_empty()) {
            let sort = match item.strip_prefix('-') {
                Some(field) => Self::descending(field),
                None => Self::ascending(item),
            };
            if !allowed.contains(&sort.field.as_str()) {
                let detail = format!("must be of the fields {}", allowed.join(", "));
                faults.add("/sort", "unknown_field", detail);
            } else if sorts.iter().any(|known| known.field == sort.field) {
                faults.add("/sort", "duplicate", "must not name a field twice");
            } else {
                sorts.push(sort);
            }
        }
        faults.into_result()?;
        Ok(sorts)
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.order {
            SortOrder::Ascending => "",
            SortOrder::Descending => "-",
        };
        write!(f, "{sign}{}", self.field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lists_of_allowed_fields() {
        let allowed = ["title", "created_at"];
        assert_eq!(
            Sort::parse_list("-created_at,title", &allowed),
            Ok(vec![Sort::descending("created_at"), Sort::ascending("title")])
        );
        assert_eq!(Sort::parse_list("", &allowed), Ok(vec![]));
        for text in ["password", "--title", "title,", "title,-title", " title", "Title", "-"] {
            assert!(Sort::parse_list(text, &allowed).is_err(), "{text:?}");
        }
        let faults = Sort::parse_list("a,b,title,title", &allowed).unwrap_err();
        assert_eq!(faults.len(), 3);
    }
}
