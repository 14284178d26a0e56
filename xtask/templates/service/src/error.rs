//! What can go wrong, each with a code that clients may rely on.

use gravity_core::Error;
use gravity_core::page::CursorError;

/// An error of the service.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum {{Type}}Error {
    /// The owner has no such item.
    #[error("there is no such item")]
    NotFound,
    /// The owner has an item of this name already.
    #[error("there is an item of this name already")]
    NameTaken,
    /// What is not about items: a cursor of another list, a database that cannot be reached.
    #[error(transparent)]
    Other(#[from] Error),
}

impl {{Type}}Error {
    /// The code of this error: it never changes.
    pub fn code(&self) -> &str {
        match self {
            Self::NotFound => "{{snake}}.not_found",
            Self::NameTaken => "{{snake}}.name_taken",
            Self::Other(error) => error.code(),
        }
    }
}

impl From<CursorError> for {{Type}}Error {
    fn from(error: CursorError) -> Self {
        Self::Other(error.into())
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl From<gravity_core::db::Error> for {{Type}}Error {
    fn from(error: gravity_core::db::Error) -> Self {
        if error.is_unique_violation_on("{{snake}}_items", &["owner", "name"]) {
            Self::NameTaken
        } else {
            Self::Other(error.into())
        }
    }
}
