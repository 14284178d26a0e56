//! What becomes of a job whose node fell silent.

use std::time::Duration;

use super::Attempt;
use super::outcome::KEPT_ERRORS;
use crate::Timestamp;
use crate::backoff::Backoff;

/// A job whose node fell silent so often may well be what silences nodes.
const MAX_LAPSES: u32 = 20;

/// A job whose node fell silent more than once waits: those that were taken together come apart, and the one
/// that is to blame does not take the others with it.
const WAIT: Backoff = Backoff::new(Duration::from_secs(2), Duration::from_mins(10)).keeping_half();

pub(super) enum Lapse {
    Ready,
    Later(Timestamp),
    Dead(Vec<Attempt>),
    Cancelled,
}

/// `lapses` is how often it has happened, this time too if that counts.
pub(super) fn on_lapse(
    lapses: u32,
    failures: u32,
    mut errors: Vec<Attempt>,
    is_cancelling: bool,
    counts: bool,
    now: Timestamp,
) -> Lapse {
    if is_cancelling {
        return Lapse::Cancelled;
    }
    if !counts || lapses <= 1 {
        return Lapse::Ready;
    }
    if lapses < MAX_LAPSES {
        return Lapse::Later(now.saturating_add(WAIT.wait(lapses - 1)));
    }
    let error = format!("the nodes that had it fell silent {lapses} times");
    errors.push(Attempt { attempt: failures.saturating_add(1), at: now, error });
    let extra = errors.len().saturating_sub(KEPT_ERRORS);
    Lapse::Dead(errors.split_off(extra))
}
