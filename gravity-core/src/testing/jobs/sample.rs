//! A job for tests.

use serde::{Deserialize, Serialize};

use crate::jobs::Job;

/// Adds a number to a sum, or whatever a test makes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Add {
    /// The number.
    pub number: i64,
}

impl Job for Add {
    const KIND: &'static str = "sum.add";
}
