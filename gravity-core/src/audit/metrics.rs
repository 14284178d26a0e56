//! What is counted about the audit log.

use crate::metrics::{Counter, Description, Family};

pub(super) const RECORDS: Family<Counter, 1> =
    Family::counter("audit_records_total", "Audit records written, committed or not.", &["outcome"]);
pub(super) const LINKED: Family<Counter, 0> =
    Family::counter("audit_linked_total", "Audit records linked into the chain by this node.", &[]);
pub(super) const VERIFIED: Family<Counter, 0> = Family::counter(
    "audit_verified_total",
    "Checks of the log that came to an end, whatever they found.",
    &[],
);
pub(super) const BROKEN: Family<Counter, 1> =
    Family::counter("audit_broken_total", "Checks that found the log broken.", &["reason"]);

pub(crate) const FAMILIES: &[Description] =
    &[RECORDS.description(), LINKED.description(), VERIFIED.description(), BROKEN.description()];
