//! [`Cron`]: when something is done, as cron says it.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::CronField;
use super::field::Items;
use super::times::Times;

/// When something is done, as cron says it: minute, hour, day of the month, month, day of the week; or six
/// fields of which the first is the second.
///
/// | Field | Numbers | More |
/// |---|---|---|
/// | second, minute | 0 to 59 | |
/// | hour | 0 to 23 | |
/// | day of the month | 1 to 31 | `L` the last, `L-3` three days before it, `LW` the last weekday, `15W` the weekday next to the 15th in the same month |
/// | month | 1 to 12 | `JAN` to `DEC` |
/// | day of the week | 0 to 7, both ends Sunday | `SUN` to `SAT`, `5#2` the second Friday, `5L` the last Friday |
///
/// Each has `*`, lists (`1,15`), ranges (`1-5`, `MON-FRI`) and steps (`*/15`, `10-40/5`, `3/5` from 3 to the
/// end). `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight` and `@hourly` are expressions
/// too. Letters may be small.
///
/// **Days.** As in Vixie cron: where neither field of days begins with `*`, a day that *either* means is
/// meant, so that `0 0 13 * FRI` means each 13th and each Friday; else a day must be meant by both.
///
/// **When clocks change.** An expression whose hour field begins with `*` goes by what the clock shows: it
/// has a tick whenever the clock shows one of its times, so that `*/15 * * * *` goes on every 15 minutes, and
/// has none for times that are left out. Every other one means times of a day, each of which comes once: a time
/// that the clock skips comes right after the gap (several of them together as one tick), and of a time that
/// the clock shows twice only the first counts. A gap of a whole day, as Samoa had in 2011, is a gap.
///
/// ```
/// use gravity_core::schedules::{Cron, Zone};
///
/// let cron: Cron = "30 2 * * *".parse().unwrap();
/// let berlin: Zone = "Europe/Berlin".parse().unwrap();
/// let after = "2026-03-27T12:00:00Z".parse().unwrap();
/// let ticks: Vec<_> = cron.after(after, &berlin).take(3).map(|tick| tick.to_string()).collect();
/// assert_eq!(
///     ticks,
///     [
///         "2026-03-28T01:30:00.000000Z",
///         "2026-03-29T01:00:00.000000Z", // 2:30 is left out: right after the gap, at 3:00
///         "2026-03-30T00:30:00.000000Z",
///     ]
/// );
/// ```
#[derive(Clone)]
pub struct Cron {
    pub(super) fields: [Items; 6],
    pub(super) times: Times,
}

impl Cron {
    /// The most bytes that an expression has.
    pub const MAX_LENGTH: usize = 512;

    pub(super) fn of(fields: [Items; 6]) -> Self {
        Self { times: Times::new(&fields), fields }
    }

    /// Whether it goes by what the clock shows, and not by times of a day.
    pub(super) fn goes_by_the_clock(&self) -> bool {
        self.fields[CronField::Hour as usize].is_star()
    }
}

/// Expressions are equal when their fields say the same in the same way: `*/30` is not `0,30`, because the
/// star of an hour has a meaning of its own.
impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.fields == other.fields
    }
}

impl Eq for Cron {}

impl std::hash::Hash for Cron {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.fields.hash(state);
    }
}

/// Five fields, or six where the second is not 0; numbers for names. What is read from it equals this.
impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [second, minute, hour, day_of_month, month, day_of_week] = &self.fields;
        if *second != Items::zero() {
            write!(f, "{second} ")?;
        }
        write!(f, "{minute} {hour} {day_of_month} {month} {day_of_week}")
    }
}

impl fmt::Debug for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cron({self})")
    }
}

impl Serialize for Cron {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cron {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Cron {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Cron".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "gravity_core::schedules::Cron".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": Self::MAX_LENGTH })
    }
}
