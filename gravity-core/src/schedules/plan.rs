//! What is to be done about a schedule that is due.

use std::time::Duration;

use super::{Missed, Recurrence};
use crate::Timestamp;

/// The most ticks on time that are fired in one transaction. The rest follow in the next one.
const AT_ONCE: usize = 100;
/// Missed ticks are counted up to here.
const COUNTED: usize = 1_000;

/// What is to be done about a schedule that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// The ticks that are fired, in order.
    pub(super) fire: Vec<Timestamp>,
    /// The tick after all that were looked at.
    pub(super) next: Option<Timestamp>,
    /// How many were missed, whatever becomes of them; no more than a thousand.
    pub(super) missed: usize,
}

/// Looks at all ticks from the next one up to now.
pub(super) fn plan(
    recurrence: &Recurrence,
    next: Timestamp,
    now: Timestamp,
    tolerance: Duration,
    missed: Missed,
) -> Plan {
    // What lies before this was missed.
    let late = now.saturating_sub(tolerance).max(next);
    let mut fire = recurrence.latest(next, late, missed.limit());
    let was_missed = recurrence.from(next).take_while(|tick| *tick < late).take(COUNTED).count();
    let on_time: Vec<_> = recurrence.from(late).take_while(|tick| *tick <= now).take(AT_ONCE).collect();
    let seen = if on_time.len() == AT_ONCE { on_time[AT_ONCE - 1] } else { now };
    fire.extend(on_time);
    Plan { fire, next: recurrence.next(seen), missed: was_missed }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second).unwrap()
    }

    fn every(seconds: u64) -> Recurrence {
        Recurrence::every(&format!("{seconds}s")).unwrap()
    }

    #[test]
    fn a_tick_on_time_is_fired_and_an_early_look_fires_nothing() {
        let plan = plan(&every(60), at(60), at(60), Duration::ZERO, Missed::Skip);
        assert_eq!(plan, Plan { fire: vec![at(60)], next: Some(at(120)), missed: 0 });
        let once = super::plan(&Recurrence::once(at(5)), at(5), at(9), Duration::from_secs(4), Missed::Skip);
        assert_eq!(once, Plan { fire: vec![at(5)], next: None, missed: 0 });
        let late = super::plan(&Recurrence::once(at(5)), at(5), at(10), Duration::from_secs(4), Missed::Skip);
        assert_eq!(late, Plan { fire: vec![], next: None, missed: 1 });
    }

    #[test]
    fn of_a_year_of_missed_seconds_the_last_are_fired() {
        let cron = Recurrence::cron("* * * 1 1-12 *", "Europe/Berlin").unwrap();
        // Midnight in Berlin, after the first of January.
        let now = at(366 * 86_400 - 3_600);
        let plan = plan(&cron, at(0), now, Duration::from_mins(1), Missed::Each { limit: 1_000 });
        assert_eq!((plan.fire.len(), plan.missed), (1_060, 1_000));
        assert!(plan.fire.is_sorted_by(|one, other| one < other));
    }

    proptest! {
        #[test]
        fn plans_are_those_of_a_plain_walk(
            seconds in 1..300_u64,
            next in 0..50_i64,
            behind in 0..5_000_i64,
            tolerance in 0..1_000_u64,
            limit in 0..12_u16,
        ) {
            let (recurrence, next) = (every(seconds), at(next * i64::try_from(seconds).unwrap()));
            let now = next.saturating_add(Duration::from_secs(behind.unsigned_abs()));
            let missed = match limit {
                0 => Missed::Skip,
                1 => Missed::Once,
                limit => Missed::Each { limit },
            };
            let plan = plan(&recurrence, next, now, Duration::from_secs(tolerance), missed);
            let all: Vec<_> = recurrence.from(next).take_while(|tick| *tick <= now).collect();
            let (late, on_time): (Vec<_>, Vec<_>) =
                all.iter().partition(|tick| now.saturating_since(**tick) > Duration::from_secs(tolerance));
            let kept = late.len().saturating_sub(usize::from(limit));
            let expected: Vec<_> = late[kept..].iter().chain(on_time.iter().take(AT_ONCE)).copied().collect();
            prop_assert_eq!(&plan.fire, &expected);
            prop_assert_eq!(plan.missed, late.len().min(COUNTED));
            let seen = if on_time.len() >= AT_ONCE { expected[expected.len() - 1] } else { now };
            prop_assert_eq!(plan.next, recurrence.next(seen));
        }
    }
}
