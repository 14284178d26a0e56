//! What is counted about calls to others.

use crate::metrics::{Counter, Description, Family, Gauge};

pub(super) const STATE: Family<Gauge, 1> =
    Family::gauge("circuit_breaker_state", "0 closed, 1 half open, 2 open.", &["name"]);
pub(super) const OPENED: Family<Counter, 1> =
    Family::counter("circuit_breaker_opened_total", "Times that a breaker opened.", &["name"]);
pub(super) const NOT_MADE: Family<Counter, 1> =
    Family::counter("circuit_breaker_rejected_total", "Calls that were not made.", &["name"]);
pub(super) const FULL: Family<Counter, 1> =
    Family::counter("bulkhead_rejected_total", "Calls that found no place.", &["name"]);
#[cfg(feature = "client")]
pub(super) const OUTGOING: Family<Counter, 1> =
    Family::counter("outgoing_calls_total", "Calls to addresses that users give.", &["outcome"]);

pub(crate) const FAMILIES: &[Description] = &[
    STATE.description(),
    OPENED.description(),
    NOT_MADE.description(),
    FULL.description(),
    #[cfg(feature = "client")]
    OUTGOING.description(),
];
