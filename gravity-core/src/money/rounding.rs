//! [`Rounding`]: where a fraction of the smallest unit goes.

/// Where a fraction of the smallest unit goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// To the nearer whole number; from the middle, to the even one. Over many sums it favours nobody.
    HalfEven,
    /// To the nearer whole number; from the middle, away from zero. What most people mean by rounding.
    HalfUp,
    /// Towards zero: -1.5 becomes -1.
    Down,
    /// Away from zero: -1.5 becomes -2.
    Up,
}

impl Rounding {
    /// `numerator / denominator` as a whole number; `None` if the denominator is zero or the result
    /// does not fit.
    pub(super) fn divide(self, numerator: i128, denominator: i128) -> Option<i128> {
        let quotient = numerator.checked_div(denominator)?;
        let rest = numerator.checked_rem(denominator)?.unsigned_abs();
        let denominator_size = denominator.unsigned_abs();
        // A rest is less than the denominator, so this says how it compares with one half.
        let half = rest.cmp(&(denominator_size - rest));
        let away = rest != 0
            && match self {
                Self::Down => false,
                Self::Up => true,
                Self::HalfUp => half.is_ge(),
                Self::HalfEven => half.is_gt() || (half.is_eq() && quotient % 2 != 0),
            };
        if !away {
            return Some(quotient);
        }
        if (numerator < 0) == (denominator < 0) { quotient.checked_add(1) } else { quotient.checked_sub(1) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_mode_at_each_fraction() {
        use Rounding::{Down, HalfEven, HalfUp, Up};
        // Quarters, and where they go.
        for (quarters, half_even, half_up, down, up) in [
            (0, 0, 0, 0, 0),
            (1, 0, 0, 0, 1),
            (2, 0, 1, 0, 1),
            (3, 1, 1, 0, 1),
            (4, 1, 1, 1, 1),
            (6, 2, 2, 1, 2),
            (10, 2, 3, 2, 3),
        ] {
            for sign in [1, -1] {
                for (mode, expected) in [(HalfEven, half_even), (HalfUp, half_up), (Down, down), (Up, up)] {
                    let expected = Some(expected * sign);
                    assert_eq!(mode.divide(quarters * sign, 4), expected, "{mode:?} {quarters}/4");
                    assert_eq!(mode.divide(quarters, 4 * sign), expected);
                }
            }
        }
        assert_eq!(Up.divide(1, 0), None);
        assert_eq!(Down.divide(i128::MIN, -1), None);
    }

    proptest! {
        #[test]
        fn is_off_by_less_than_one(numerator: i64, denominator in any::<i64>().prop_filter("zero", |d| *d != 0)) {
            let (numerator, denominator) = (i128::from(numerator), i128::from(denominator));
            for mode in [Rounding::HalfEven, Rounding::HalfUp, Rounding::Down, Rounding::Up] {
                let error = (mode.divide(numerator, denominator).unwrap() * denominator - numerator).abs();
                prop_assert!(error < denominator.abs());
                if matches!(mode, Rounding::HalfEven | Rounding::HalfUp) {
                    prop_assert!(error * 2 <= denominator.abs());
                }
            }
        }
    }
}
