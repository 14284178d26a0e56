//! What is wrong with a cron expression.

use std::fmt;

/// The part of a cron expression that a fault is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CronField {
    /// 0 to 59, the first of six fields.
    Second,
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// 1 to 31, `L`, `15W`.
    DayOfMonth,
    /// 1 to 12 or `JAN` to `DEC`.
    Month,
    /// 0 to 7 or `SUN` to `SAT`; 0 and 7 are Sunday.
    DayOfWeek,
}

impl fmt::Display for CronField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day of the month",
            Self::Month => "month",
            Self::DayOfWeek => "day of the week",
        })
    }
}

/// Why a text is no cron expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CronError {
    /// It is longer than [`Cron::MAX_LENGTH`](super::Cron::MAX_LENGTH).
    #[error("a cron expression has at most {} characters", super::Cron::MAX_LENGTH)]
    TooLong,
    /// It has neither five nor six fields.
    #[error("a cron expression has five fields, or six with seconds, and not {0}")]
    FieldCount(usize),
    /// It is a word with `@` that stands for no expression.
    #[error("`{0}` is none of @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly")]
    Alias(String),
    /// A part of a field breaks the rules of that field.
    #[error("the {field} field: `{part}` {reason}")]
    Field {
        /// The field.
        field: CronField,
        /// The part, cut if it is long.
        part: String,
        /// The rule.
        reason: &'static str,
    },
}

impl CronError {
    pub(super) fn of(field: CronField, part: &str, reason: &'static str) -> Self {
        Self::Field { field, part: excerpt(part), reason }
    }
}

/// As much of a text as an error repeats.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(32).collect()
}
