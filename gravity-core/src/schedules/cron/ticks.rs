//! From times on the wall to ticks in time.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp as Instant};

use super::Cron;
use crate::Timestamp;
use crate::schedules::Zone;

const SECOND: SignedDuration = SignedDuration::from_secs(1);

impl Cron {
    /// The first tick after a time; `None` when there is none before the year 9999 ends, as for a 30th of
    /// February.
    pub fn next(&self, after: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let tz = zone.time_zone();
        // Ticks lie on whole seconds.
        let after = Instant::from_second(after.as_seconds()).ok()?;
        let tick = if self.goes_by_the_clock() { self.shown(after, tz) } else { self.once(after, tz) };
        tick.and_then(|tick| Timestamp::try_from(tick).ok())
    }

    /// The ticks after a time, in order. Each is later than the one before.
    pub fn after<'a>(&'a self, after: Timestamp, zone: &'a Zone) -> impl Iterator<Item = Timestamp> + 'a {
        std::iter::successors(self.next(after, zone), |tick| self.next(*tick, zone))
    }

    /// The first time after this one at which the clock shows what is meant.
    fn shown(&self, after: Instant, tz: &TimeZone) -> Option<Instant> {
        let mut from = after.checked_add(SECOND).ok()?;
        let mut changes = tz.following(after).peekable();
        // What has ever a tick has one within 41 years, and no zone changes more than a few times in each.
        for _ in 0..1_000 {
            // A change at `from` itself is behind it.
            while changes.next_if(|change| change.timestamp() <= from).is_some() {}
            let offset = tz.to_offset(from);
            let end = changes.peek().map(|change| change.timestamp());
            let end_shown = end.map_or(DateTime::MAX, |end| offset.to_datetime(end));
            if let Some(found) = self.times.first_from(offset.to_datetime(from), end_shown) {
                return offset.to_timestamp(found).ok();
            }
            from = end?;
        }
        None
    }

    /// The first time after this one at which a time of a day comes, each once.
    ///
    /// The times on the wall, in their order, come in the same order if each skipped one comes at the end of
    /// its gap and each that is shown twice at the first. So whatever comes after a time is found by going on
    /// from what the clock shows then.
    fn once(&self, after: Instant, tz: &TimeZone) -> Option<Instant> {
        let offset = tz.to_offset(after);
        let mut from = offset.to_datetime(after).checked_add(SECOND).ok()?;
        if let AmbiguousOffset::Fold { before, after: second } =
            tz.to_ambiguous_timestamp(offset.to_datetime(after)).offset()
            && offset == second
            && let Some(change) = change_at_or_before(after, tz)
        {
            // The clock shows this for the second time: all that is shown again has come.
            from = from.max(before.to_datetime(change));
        }
        // Of the times in a gap, one search finds the first and the next goes on behind the gap.
        loop {
            let shown = self.times.first_from(from, DateTime::MAX)?;
            let instant = match tz.to_ambiguous_timestamp(shown).offset() {
                AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(shown).ok()?,
                AmbiguousOffset::Fold { before, .. } => before.to_timestamp(shown).ok()?,
                // What the old offset makes of it lies after the change, and what the new one makes of it
                // before: the change is the last one up to the former.
                AmbiguousOffset::Gap { before, .. } => {
                    change_at_or_before(before.to_timestamp(shown).ok()?, tz)?
                }
            };
            if instant > after {
                return Some(instant);
            }
            from = shown.checked_add(SECOND).ok()?;
        }
    }
}

fn change_at_or_before(instant: Instant, tz: &TimeZone) -> Option<Instant> {
    let later = instant.checked_add(SECOND).ok()?;
    tz.preceding(later).next().map(|change| change.timestamp())
}
