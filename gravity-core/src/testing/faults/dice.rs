//! [`Dice`]: chance that comes again with its seed.

use std::time::Duration;

/// Chance that comes again with its seed, on every machine and in every release. Not for secrets.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice that roll the same for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number out of all.
    pub fn roll(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; zero for a limit of zero.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.roll().checked_rem(limit).unwrap_or(0)
    }

    /// An index into a list of this length.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    /// Whether something happens that does in so many of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A span from `least` to `most`, in whole milliseconds.
    pub fn span(&mut self, least: Duration, most: Duration) -> Duration {
        let range = u64::try_from(most.saturating_sub(least).as_millis()).unwrap_or(u64::MAX);
        least + Duration::from_millis(self.below(range.saturating_add(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_rolls_the_same_and_another_does_not() {
        let rolls = |seed| {
            let mut dice = Dice::new(seed);
            (0..8).map(|_| dice.roll()).collect::<Vec<_>>()
        };
        assert_eq!(rolls(7), rolls(7));
        assert_ne!(rolls(7), rolls(8));
        // The first of the published sequence.
        assert_eq!(Dice::new(0).roll(), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn rolls_stay_within_their_bounds_and_reach_them() {
        let mut dice = Dice::new(1);
        let (least, most) = (Duration::from_millis(3), Duration::from_millis(5));
        let spans: Vec<_> = (0..200).map(|_| dice.span(least, most)).collect();
        assert!(spans.iter().all(|span| (least..=most).contains(span)));
        assert!(spans.contains(&least) && spans.contains(&most));
        assert_eq!((dice.below(0), dice.index(1), dice.span(most, least)), (0, 0, most));
        assert!(!dice.chance(0) && dice.chance(100));
    }
}
