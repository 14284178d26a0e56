//! [`Recurrence`]: when something is done.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cron, Error, Interval, Zone};
use crate::Timestamp;

/// When something is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Recurrence {
    /// By a cron expression, as the clocks of a zone show it.
    Cron {
        /// The expression.
        cron: Cron,
        /// Whose clocks.
        zone: Zone,
    },
    /// Every so often.
    Every {
        /// How often.
        every: Interval,
        /// A moment on the grid of ticks. They come after it.
        start: Timestamp,
    },
    /// Once.
    Once {
        /// The moment.
        at: Timestamp,
    },
}

impl Recurrence {
    /// By a cron expression, as the clocks of a zone show it: `Recurrence::cron("0 9 * * MON-FRI",
    /// "Europe/Berlin")`.
    pub fn cron(cron: &str, zone: &str) -> Result<Self, Error> {
        let cron =
            cron.parse().map_err(|error: super::CronError| Error::invalid("cron", error.to_string()))?;
        let zone =
            zone.parse().map_err(|error: super::UnknownZone| Error::invalid("zone", error.to_string()))?;
        Ok(Self::Cron { cron, zone })
    }

    /// Every so often, on a grid that goes through the start of 1970: all nodes and all versions of a program
    /// mean the same ticks.
    pub fn every(every: &str) -> Result<Self, Error> {
        let every = every
            .parse()
            .map_err(|error: super::IntervalError| Error::invalid("interval", error.to_string()))?;
        Ok(Self::Every { every, start: Timestamp::UNIX_EPOCH })
    }

    /// Once.
    pub const fn once(at: Timestamp) -> Self {
        Self::Once { at }
    }

    /// The first tick after a time, if there is one.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Cron { cron, zone } => cron.next(after, zone),
            Self::Every { every, start } => every.next(after, *start),
            Self::Once { at } => Some(*at).filter(|at| *at > after),
        }
    }

    /// The ticks from a time on, in order.
    pub(super) fn from(&self, from: Timestamp) -> impl Iterator<Item = Timestamp> + '_ {
        // The first moment of all has none before it, and is no tick of anybody.
        let before = Timestamp::from_micros(from.as_micros().saturating_sub(1)).unwrap_or(Timestamp::MIN);
        std::iter::successors(self.next(before), |tick| self.next(*tick))
    }

    /// The last ticks from a time on and before another, as many as are wanted, in order.
    ///
    /// It takes about 50 times as long as counting them, however many there were.
    pub(super) fn latest(&self, from: Timestamp, end: Timestamp, count: usize) -> Vec<Timestamp> {
        let take = |from: Timestamp| self.from(from).take_while(|tick| *tick < end).take(count);
        if count == 0 || take(from).count() < count {
            return take(from).collect();
        }
        // The last moment that still has so many after it: ticks differ, so it has no more.
        let (mut many, mut few) = (from.as_micros(), end.as_micros());
        while few - many > 1 {
            let middle = many + (few - many) / 2;
            let has_many = Timestamp::from_micros(middle).is_ok_and(|middle| take(middle).count() == count);
            if has_many { many = middle } else { few = middle }
        }
        Timestamp::from_micros(many).map(|from| take(from).collect()).unwrap_or_default()
    }
}
