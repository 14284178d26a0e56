//! Those who failed together do not come back together.

use std::time::Duration;

use gravity_core::backoff::Backoff;
use gravity_core::testing::faults::Dice;

#[test]
fn a_herd_comes_apart() {
    const HERD: usize = 2_000;
    let mut dice = Dice::new(super::first_seed());
    for round in 0..200 {
        let first = dice.span(Duration::from_millis(10), Duration::from_secs(5));
        let longest = first * u32::try_from(1 + dice.below(100)).unwrap();
        let attempt = 1 + u32::try_from(dice.below(12)).unwrap();
        let keeps_half = dice.chance(50);
        let backoff = Backoff::new(first, longest);
        let backoff = if keeps_half { backoff.keeping_half() } else { backoff };
        let bound = backoff.bound(attempt);
        let least = if keeps_half { bound / 2 } else { Duration::ZERO };
        let mut tenths = [0; 10];
        for _ in 0..HERD {
            let wait = backoff.wait(attempt);
            assert!((least..=bound).contains(&wait), "round {round}: {wait:?} of {bound:?}");
            let tenth = wait.checked_sub(least).unwrap().as_nanos() * 10
                / bound.checked_sub(least).unwrap().as_nanos().max(1);
            tenths[usize::try_from(tenth).unwrap().min(9)] += 1;
        }
        // A tenth of the herd each; seven deviations off would be no chance.
        assert!(tenths.iter().all(|count| (106..=294).contains(count)), "round {round}: {tenths:?}");
    }
}
