//! What is counted about sagas.

use crate::metrics::{Counter, Description, Family};

pub(super) const STARTED: Family<Counter, 1> =
    Family::counter("sagas_started_total", "Sagas begun, committed or not.", &["saga"]);
pub(super) const ENDED: Family<Counter, 2> =
    Family::counter("sagas_ended_total", "Sagas that ended or got stuck.", &["saga", "status"]);
pub(super) const STEPS: Family<Counter, 2> =
    Family::counter("sagas_steps_total", "Steps and compensations run to their end.", &["saga", "outcome"]);

pub(crate) const FAMILIES: &[Description] =
    &[STARTED.description(), ENDED.description(), STEPS.description()];
