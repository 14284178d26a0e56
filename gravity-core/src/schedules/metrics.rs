//! What is counted about schedules.

use crate::metrics::{Counter, Description, Family, Histogram};

pub(super) const FIRED: Family<Counter, 0> = Family::counter("schedules_fired_total", "Ticks fired.", &[]);
pub(super) const MISSED: Family<Counter, 0> = Family::counter("schedules_missed_total", "Ticks missed.", &[]);
pub(super) const DELAY: Family<Histogram, 0> =
    Family::histogram("schedules_delay_seconds", "From a tick to its firing.", &[]);

pub(crate) const FAMILIES: &[Description] = &[FIRED.description(), MISSED.description(), DELAY.description()];
