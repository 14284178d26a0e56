//! Which days of a month are meant.

use jiff::civil::Date;

use super::CronField;
use super::field::Items;
use super::item::Item;

/// The two fields of days, by the rule of cron: where neither begins with `*`, a day that either of them
/// means is meant; else only one that both mean.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Days {
    of_month: u32,
    of_week: u8,
    special: Vec<Item>,
    either: bool,
}

impl Days {
    pub(super) fn new(of_month: &Items, of_week: &Items) -> Self {
        let is_special = |item: &&Item| !matches!(item, Item::Star { .. } | Item::Range { .. });
        Self {
            // Bits 1 to 31, and 0 to 6.
            of_month: (of_month.mask(CronField::DayOfMonth) & 0xffff_fffe) as u32,
            of_week: (of_week.mask(CronField::DayOfWeek) & 0x7f) as u8,
            special: of_month.0.iter().chain(&of_week.0).filter(is_special).copied().collect(),
            either: !of_month.is_star() && !of_week.is_star(),
        }
    }

    /// The days that are meant in the month of this date, as bits 1 to 31.
    pub(super) fn in_month(&self, month: Date) -> u32 {
        let (first, length) = (month.first_of_month(), month.days_in_month());
        let first_of_week = first.weekday().to_sunday_zero_offset();
        let weekday = |day: i8| (first_of_week + day - 1).rem_euclid(7);
        let (mut by_month, mut by_week) = (self.of_month, 0);
        for day in 1..=length {
            if self.of_week >> weekday(day) & 1 == 1 {
                by_week |= 1 << day;
            }
        }
        for item in &self.special {
            match *item {
                Item::Last { before } => by_month |= bit(length - small(before)),
                Item::Weekday { day } if small(day) <= length => {
                    by_month |= bit(nearest_weekday(small(day), length, weekday));
                }
                Item::LastWeekday => by_month |= bit(nearest_weekday(length, length, weekday)),
                Item::Nth { day, nth } => {
                    let first = 1 + (small(day) - weekday(1)).rem_euclid(7);
                    by_week |= bit(first + 7 * (small(nth) - 1));
                }
                Item::LastOf { day } => {
                    by_week |= bit(length - (weekday(length) - small(day)).rem_euclid(7));
                }
                _ => {}
            }
        }
        let days = if self.either { by_month | by_week } else { by_month & by_week };
        days & ((1_u64 << (length + 1)) - 2) as u32
    }
}

/// No bit for a day that no month has.
fn bit(day: i8) -> u32 {
    if (1..=31).contains(&day) { 1 << day } else { 0 }
}

/// All numbers of items are below 64.
fn small(number: u8) -> i8 {
    i8::try_from(number).unwrap_or(i8::MAX)
}

/// The day from Monday to Friday next to this one, without leaving the month.
fn nearest_weekday(day: i8, length: i8, weekday: impl Fn(i8) -> i8) -> i8 {
    match weekday(day) {
        6 if day == 1 => 3,
        6 => day - 1,
        0 if day == length => day - 2,
        0 => day + 1,
        _ => day,
    }
}
