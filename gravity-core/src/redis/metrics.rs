//! What is counted about commands.

use crate::metrics::{Counter, Description, Family, Histogram};

pub(super) const SECONDS: Family<Histogram, 0> =
    Family::histogram("redis_command_seconds", "How long commands and scripts of Redis take.", &[]);
pub(super) const ERRORS: Family<Counter, 1> =
    Family::counter("redis_errors_total", "Commands of Redis that failed.", &["kind"]);

pub(crate) const FAMILIES: &[Description] = &[SECONDS.description(), ERRORS.description()];
