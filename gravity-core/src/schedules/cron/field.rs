//! A field: its items, and the numbers they stand for.

use std::fmt;

use super::CronField;
use super::item::Item;

/// What a field may hold.
pub(super) struct Bounds {
    pub(super) least: u8,
    pub(super) most: u8,
    pub(super) names: &'static [&'static str],
}

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl CronField {
    pub(super) const fn bounds(self) -> Bounds {
        let (least, most, names): (u8, u8, &'static [&'static str]) = match self {
            Self::Second | Self::Minute => (0, 59, &[]),
            Self::Hour => (0, 23, &[]),
            Self::DayOfMonth => (1, 31, &[]),
            Self::Month => (1, 12, &MONTHS),
            Self::DayOfWeek => (0, 7, &DAYS),
        };
        Bounds { least, most, names }
    }
}

/// A field as it was written, without spaces and names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Items(pub(super) Vec<Item>);

impl Items {
    /// What six fields have where five have none.
    pub(super) fn zero() -> Self {
        Self(vec![Item::Range { from: 0, to: 0, step: 1 }])
    }

    /// Whether it begins with `*`.
    pub(super) fn is_star(&self) -> bool {
        matches!(self.0.first(), Some(Item::Star { .. }))
    }

    /// The numbers that it names as they are, as bits.
    pub(super) fn mask(&self, field: CronField) -> u64 {
        let bounds = field.bounds();
        let mut mask = 0;
        for item in &self.0 {
            let (from, to, step) = match *item {
                Item::Star { step } => (bounds.least, bounds.most, step),
                Item::Range { from, to, step } => (from, to, step),
                _ => continue,
            };
            // `*/5` of the days of a week counts from 0 to 6.
            let to = if field == CronField::DayOfWeek && matches!(item, Item::Star { .. }) { 6 } else { to };
            for number in (from..=to).step_by(step.into()) {
                mask |= 1_u64 << number;
            }
        }
        if field == CronField::DayOfWeek && mask & 1 << 7 != 0 {
            mask = mask & 0x7f | 1;
        }
        mask
    }
}

impl fmt::Display for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, item) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}
