//! What can be asked about sagas.

use super::SagaStatus;

/// Which sagas are wanted: those that match everything that is set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct SagaFilter {
    /// Of this kind.
    pub name: Option<String>,
    /// In this status.
    pub status: Option<SagaStatus>,
}

impl SagaFilter {
    /// All sagas.
    pub fn new() -> Self {
        Self::default()
    }

    /// Of this kind.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// In this status.
    pub fn in_status(mut self, status: SagaStatus) -> Self {
        self.status = Some(status);
        self
    }
}

/// How many sagas of a kind are in a status.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SagaCount {
    /// The kind.
    pub name: String,
    /// The status.
    pub status: SagaStatus,
    /// How many.
    pub sagas: u64,
}
