//! [`Decision`]: what a limiter says; and the rule that it follows.

use std::time::Duration;

use super::limiter::Action;
use super::quota::{Pace, Quota, Quotas};

/// What a limiter says to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a decision that nobody heeds limits nothing"]
pub struct Decision {
    /// Whether it may go on.
    pub allowed: bool,
    /// The quota that decided: of several, the one that refused for longest or has the least left.
    pub quota: Quota,
    /// How many units are left of that quota.
    pub remaining: u32,
    /// How long until all units of that quota are there again.
    pub reset: Duration,
    /// How long until the same may be asked again with success. `None` when it was allowed, and when it costs
    /// more than the quota ever has.
    pub retry_after: Option<Duration>,
    /// Whether the limiter could not do its work and this is what was chosen for such times.
    pub outage: bool,
}

impl Decision {
    /// What is said of a request that costs nothing and is let through.
    pub(crate) fn outage(quotas: &Quotas, allowed: bool, wait: Duration) -> Self {
        // There is at least one quota.
        let quota = quotas.as_slice()[0];
        Self {
            allowed,
            quota,
            remaining: if allowed { quota.burst() } else { 0 },
            reset: wait,
            retry_after: (!allowed).then_some(wait),
            outage: true,
        }
    }
}

/// What an action makes of one bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// Whether this bucket has what is asked for.
    pub(crate) allowed: bool,
    /// What is owed then. A check that is refused leaves it as it was.
    pub(crate) debt: u64,
}

/// The rule of all limiters: what an action of this cost makes of a bucket that owes so much.
pub(crate) fn step(pace: &Pace, action: Action, cost: u32, debt: u64) -> Step {
    // No clock can make a bucket owe more than there is; one that was set back would.
    let debt = debt.min(pace.full);
    let ticks = pace.cost(cost);
    let after = ticks.map(|ticks| debt + ticks).filter(|after| *after <= pace.full);
    let allowed = after.is_some();
    let debt = match action {
        Action::Check => after.unwrap_or(debt),
        Action::Peek => debt,
        Action::Charge => after.unwrap_or(pace.full),
        Action::Refund => debt.saturating_sub(ticks.unwrap_or(pace.full)),
    };
    Step { allowed: allowed || action == Action::Refund, debt }
}

/// Puts the buckets' words together.
pub(crate) fn sum_up(
    quotas: &Quotas,
    paces: &[Pace],
    cost: u32,
    steps: impl Iterator<Item = Step>,
) -> Decision {
    let mut strictest: Option<Decision> = None;
    for ((quota, pace), step) in quotas.as_slice().iter().zip(paces).zip(steps) {
        let wait = |ticks: u64| pace.time((step.debt + ticks).saturating_sub(pace.full));
        let next = Decision {
            allowed: step.allowed,
            quota: *quota,
            remaining: pace.left(step.debt),
            reset: pace.time(step.debt),
            retry_after: if step.allowed { None } else { pace.cost(cost).map(wait) },
            outage: false,
        };
        strictest = Some(match strictest {
            Some(known) if !is_stricter(&next, &known) => known,
            _ => next,
        });
    }
    // There is at least one quota.
    strictest.unwrap_or_else(|| Decision::outage(quotas, true, Duration::ZERO))
}

fn is_stricter(one: &Decision, other: &Decision) -> bool {
    let wait = |decision: &Decision| decision.retry_after.unwrap_or(Duration::MAX);
    match (one.allowed, other.allowed) {
        (false, true) => true,
        (true, false) => false,
        (false, false) => wait(one) > wait(other),
        (true, true) => {
            (one.remaining, std::cmp::Reverse(one.reset)) < (other.remaining, std::cmp::Reverse(other.reset))
        }
    }
}
