//! What is counted about rate limits.

use crate::metrics::{Counter, Description, Family};

pub(super) const DECISIONS: Family<Counter, 2> = Family::counter(
    "rate_limit_decisions_total",
    "Requests that a rate limit was asked about.",
    &["limit", "outcome"],
);
#[cfg(feature = "redis")]
pub(super) const OUTAGES: Family<Counter, 1> = Family::counter(
    "rate_limit_outages_total",
    "Decisions of a rate limit that were made without Redis.",
    &["limit"],
);

pub(crate) const FAMILIES: &[Description] = &[
    DECISIONS.description(),
    #[cfg(feature = "redis")]
    OUTAGES.description(),
];
