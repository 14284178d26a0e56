//! What stands between the commas of a field.

use std::fmt;

/// One member of a field's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Item {
    /// `*`, `*/5`.
    Star { step: u8 },
    /// `3`, `3-9`, `3-9/2`.
    Range { from: u8, to: u8, step: u8 },
    /// `L`, `L-3`: so many days before the last of the month.
    Last { before: u8 },
    /// `15W`: the weekday next to that day, in its month.
    Weekday { day: u8 },
    /// `LW`: the last day from Monday to Friday.
    LastWeekday,
    /// `5#2`: the second Friday.
    Nth { day: u8, nth: u8 },
    /// `5L`: the last Friday.
    LastOf { day: u8 },
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Star { step: 1 } => f.write_str("*"),
            Self::Star { step } => write!(f, "*/{step}"),
            Self::Range { from, to, step: 1 } if from == to => write!(f, "{from}"),
            Self::Range { from, to, step: 1 } => write!(f, "{from}-{to}"),
            Self::Range { from, to, step } => write!(f, "{from}-{to}/{step}"),
            Self::Last { before: 0 } => f.write_str("L"),
            Self::Last { before } => write!(f, "L-{before}"),
            Self::Weekday { day } => write!(f, "{day}W"),
            Self::LastWeekday => f.write_str("LW"),
            Self::Nth { day, nth } => write!(f, "{day}#{nth}"),
            Self::LastOf { day } => write!(f, "{day}L"),
        }
    }
}
