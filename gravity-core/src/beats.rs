//! [`Watch`]: which nodes are alive.

use std::collections::HashMap;
use std::time::Duration;

use uuid::Uuid;

use crate::Timestamp;

/// Tells who is alive by beats that go on, in the time of this node alone.
///
/// No time of one node is compared with that of another, so clocks that are apart do not matter. A clock
/// that jumps, or a node that was stopped and goes on, sees at most two ticks go by at once, so that it
/// does not take everybody else for dead.
pub(crate) struct Watch {
    lease: Duration,
    tick: Duration,
    looked_at: Option<Timestamp>,
    seen: HashMap<Uuid, Seen>,
}

#[derive(Default)]
struct Seen {
    beats: i64,
    silent: Duration,
}

impl Watch {
    pub(crate) fn new(lease: Duration, tick: Duration) -> Self {
        Self { lease, tick, looked_at: None, seen: HashMap::new() }
    }

    /// Takes note of the beats that are seen now, and says which nodes have been silent for a lease.
    ///
    /// A node may have several beats, which count together.
    pub(crate) fn look(&mut self, seen: impl IntoIterator<Item = (Uuid, i64)>, now: Timestamp) -> Vec<Uuid> {
        let since = self.looked_at.map_or(Duration::ZERO, |before| now.saturating_since(before));
        let since = since.min(self.tick * 2);
        self.looked_at = Some(now);
        let mut beats = HashMap::<Uuid, i64>::new();
        for (node, beat) in seen {
            let sum = beats.entry(node).or_default();
            *sum = sum.wrapping_add(beat);
        }
        self.seen.retain(|node, _| beats.contains_key(node));
        let mut dead = Vec::new();
        for (node, beats) in beats {
            let seen = self.seen.entry(node).or_insert(Seen { beats, silent: Duration::ZERO });
            if seen.beats == beats {
                seen.silent += since;
            } else {
                *seen = Seen { beats, silent: Duration::ZERO };
            }
            if seen.silent >= self.lease {
                dead.push(node);
            }
        }
        dead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(nodes: &[(u128, i64)]) -> Vec<(Uuid, i64)> {
        nodes.iter().map(|&(node, beat)| (Uuid::from_u128(node), beat)).collect()
    }

    #[test]
    fn silence_of_a_lease_is_death_and_a_jump_of_the_clock_is_not() {
        let (lease, tick) = (Duration::from_secs(20), Duration::from_secs(5));
        let mut watch = Watch::new(lease, tick);
        let mut now = Timestamp::UNIX_EPOCH.saturating_add(Duration::from_hours(1));
        assert!(watch.look(members(&[(1, 1), (2, 1)]), now).is_empty());
        // A day forward, and a year back: neither counts for more than two ticks.
        now = now.saturating_add(Duration::from_hours(24));
        assert!(watch.look(members(&[(1, 2), (2, 1)]), now).is_empty());
        now = Timestamp::UNIX_EPOCH;
        assert!(watch.look(members(&[(1, 3), (2, 1)]), now).is_empty());
        let mut ticks = 0;
        loop {
            now = now.saturating_add(tick);
            ticks += 1;
            let dead = watch.look(members(&[(1, 3 + ticks), (2, 1)]), now);
            if !dead.is_empty() {
                assert_eq!(dead, [Uuid::from_u128(2)]);
                break;
            }
        }
        // Ten seconds counted before the clock was set back, and ten after.
        assert_eq!(ticks, 2);
        // It beats again, and lives.
        assert!(watch.look(members(&[(1, 9), (2, 2)]), now.saturating_add(tick)).is_empty());
    }
}
