//! Which wall clock times are meant.

use jiff::civil::{Date, DateTime, Time};

use super::CronField;
use super::days::Days;
use super::field::Items;

/// The rarest day that there can be, a fifth Monday of a February, is at most 40 years from the last.
const MAX_MONTHS: u32 = 41 * 12;

/// The times and days that an expression means, as a clock on the wall shows them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Times {
    seconds: u64,
    minutes: u64,
    hours: u64,
    months: u64,
    days: Days,
}

impl Times {
    pub(super) fn new(fields: &[Items; 6]) -> Self {
        let [second, minute, hour, day_of_month, month, day_of_week] = fields;
        Self {
            seconds: second.mask(CronField::Second),
            minutes: minute.mask(CronField::Minute),
            hours: hour.mask(CronField::Hour),
            months: month.mask(CronField::Month),
            days: Days::new(day_of_month, day_of_week),
        }
    }

    /// The first that is meant from this one on, and before the end.
    pub(super) fn first_from(&self, from: DateTime, end: DateTime) -> Option<DateTime> {
        if let Some(time) = self.time_from(from.time())
            && self.has_day(from.date())
        {
            return Some(from.date().to_datetime(time)).filter(|found| *found < end);
        }
        let time = self.time_from(Time::midnight())?;
        let date = self.day_from(from.date().tomorrow().ok()?, end.date())?;
        Some(date.to_datetime(time)).filter(|found| *found < end)
    }

    fn has_day(&self, date: Date) -> bool {
        self.months >> date.month() & 1 == 1 && self.days.in_month(date) >> date.day() & 1 == 1
    }

    fn day_from(&self, from: Date, last: Date) -> Option<Date> {
        let mut from = from;
        for _ in 0..=MAX_MONTHS {
            if from > last {
                return None;
            }
            if self.months >> from.month() & 1 == 1 {
                let day = next_bit(self.days.in_month(from).into(), from.day());
                if let Some(day) = day {
                    return Date::new(from.year(), from.month(), day).ok();
                }
            }
            from = from.last_of_month().tomorrow().ok()?;
        }
        None
    }

    fn time_from(&self, from: Time) -> Option<Time> {
        let first = |mask| next_bit(mask, 0);
        let hour = next_bit(self.hours, from.hour())?;
        if hour > from.hour() {
            return Time::new(hour, first(self.minutes)?, first(self.seconds)?, 0).ok();
        }
        if let Some(minute) = next_bit(self.minutes, from.minute()) {
            if minute > from.minute() {
                return Time::new(hour, minute, first(self.seconds)?, 0).ok();
            }
            if let Some(second) = next_bit(self.seconds, from.second()) {
                return Time::new(hour, minute, second, 0).ok();
            }
            if let Some(minute) = next_bit(self.minutes, minute + 1) {
                return Time::new(hour, minute, first(self.seconds)?, 0).ok();
            }
        }
        let hour = next_bit(self.hours, hour + 1)?;
        Time::new(hour, first(self.minutes)?, first(self.seconds)?, 0).ok()
    }
}

/// The first bit that is set from this one on.
fn next_bit(mask: u64, from: i8) -> Option<i8> {
    // No number here is above 60.
    let rest = mask >> from << from;
    if rest == 0 { None } else { i8::try_from(rest.trailing_zeros()).ok() }
}
