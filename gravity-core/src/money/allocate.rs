//! Splitting an amount so that nothing is lost.

use super::{Money, MoneyError};

impl Money {
    /// Splits the amount in the proportion of the weights; the parts add up to it exactly.
    ///
    /// Each part is what its weight is due, rounded towards zero; what is then left goes one by one
    /// to the parts that lost most by that, and among equals to the first. A weight of zero gets
    /// nothing. The same amount and weights always give the same parts, and a negative amount gives
    /// the parts of the positive one with the other sign.
    pub fn allocate(self, weights: &[u64]) -> Result<Vec<Self>, MoneyError> {
        let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
        if total == 0 {
            return Err(MoneyError::NoWeights);
        }
        let amount = u128::from(self.minor().unsigned_abs());
        // At most 2^63 * 2^64, which fits.
        let due = |weight: u64| amount * u128::from(weight);
        let mut parts: Vec<u128> = weights.iter().map(|w| due(*w) / total).collect();
        let mut left = amount - parts.iter().sum::<u128>();

        let mut by_loss: Vec<usize> = (0..weights.len()).collect();
        // A stable sort, so the first stays first among equals.
        by_loss.sort_by_key(|at| std::cmp::Reverse(due(weights[*at]) % total));
        for at in by_loss {
            if left == 0 {
                break;
            }
            parts[at] += 1;
            left -= 1;
        }

        parts
            .into_iter()
            .map(|part| {
                // No part is larger than the whole, so all of them fit again.
                let part = i128::try_from(part).ok();
                let signed = part.map(|part| if self.is_negative() { -part } else { part });
                self.with(signed.and_then(|part| i64::try_from(part).ok()))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::money::Currency;

    const EUR: Currency = Currency::new("EUR");

    fn split(minor: i64, weights: &[u64]) -> Vec<i64> {
        let parts = Money::new(minor, EUR).allocate(weights).unwrap();
        parts.into_iter().map(Money::minor).collect()
    }

    #[test]
    fn examples() {
        assert_eq!(split(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(split(-100, &[1, 1, 1]), [-34, -33, -33]);
        assert_eq!(split(5, &[3, 7]), [2, 3]);
        assert_eq!(split(2, &[0, 1, 1, 1]), [0, 1, 1, 0]);
        assert_eq!(split(0, &[1, 2]), [0, 0]);
        assert_eq!(split(i64::MIN, &[u64::MAX, 0]), [i64::MIN, 0]);
        assert_eq!(Money::new(1, EUR).allocate(&[]), Err(MoneyError::NoWeights));
        assert_eq!(Money::new(1, EUR).allocate(&[0, 0]), Err(MoneyError::NoWeights));
    }

    proptest! {
        #[test]
        fn loses_nothing_and_is_fair(
            minor: i64,
            weights in prop::collection::vec(prop_oneof![Just(0), 0u64..10, any::<u64>()], 1..20),
        ) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let parts = split(minor, &weights);
            let sum: i128 = parts.iter().map(|part| i128::from(*part)).sum();
            prop_assert_eq!(sum, i128::from(minor));
            let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
            for (part, weight) in parts.iter().zip(&weights) {
                let size = u128::from(part.unsigned_abs());
                let due = u128::from(minor.unsigned_abs()) * u128::from(*weight);
                prop_assert!(size == due / total || (size == due / total + 1 && due % total != 0));
                prop_assert!(*part == 0 || (*part < 0) == (minor < 0));
            }
            if minor != i64::MIN {
                let mirrored: Vec<_> = split(-minor, &weights).iter().map(|part| -part).collect();
                prop_assert_eq!(mirrored, parts);
            }
        }
    }
}
