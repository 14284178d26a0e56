//! [`Table`]: the buckets of one quota, in a bounded space.

/// How many keys share a place. With fewer some places run over while there is room in others.
pub(super) const WAYS: usize = 16;

/// Buckets by the hash of their key, in sets of sixteen.
///
/// A bucket is known by the time at which it will be full. One that is full says nothing, so its slot is free.
/// A set without a free slot takes no slot away from a key in a way that would forgive it: the newcomer takes over
/// the slot that will be full soonest, *and what it owes*. So a key that lost its slot never owed more than
/// the least of those that stayed, and whoever comes back starts from there (the algorithm is known as
/// space-saving). Nobody is let through more often than in a table without bounds.
#[derive(Debug)]
pub(super) struct Table {
    sets: Vec<Set>,
    /// The latest time at which a key that lost its slot would be full.
    lost: u64,
}

/// The slots of a set. A key is looked for from a slot on that its hash chooses, so that it is mostly found at once.
#[derive(Debug, Clone, Copy)]
#[repr(align(128))]
struct Set([Slot; WAYS]);

#[derive(Debug, Clone, Copy)]
struct Slot {
    hash: u64,
    full_at: u64,
}

const EMPTY: Set = Set([Slot { hash: 0, full_at: 0 }; WAYS]);

/// Where a key has its bucket, or would have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It has this one.
    Own(usize),
    /// This one is free.
    Free(usize),
    /// There is none; this one is the cheapest to take over.
    Taken(usize),
}

impl Table {
    pub(super) const BYTES_OF_A_KEY: usize = size_of::<Set>() / WAYS;

    pub(super) const fn sets_for(keys: usize) -> usize {
        keys.div_ceil(WAYS).next_power_of_two()
    }

    pub(super) fn new() -> Self {
        Self { sets: vec![EMPTY], lost: 0 }
    }

    /// Finds the place of a key, and what it owes. The table grows first where that finds it a free one.
    pub(super) fn find(&mut self, hash: u64, now: u64, most_sets: usize) -> (Place, u64) {
        loop {
            let set = self.set(hash);
            let first = first_way(hash);
            let mut least = (first, u64::MAX);
            for step in 0..WAYS {
                let way = (first + step) % WAYS;
                let Slot { hash: known, full_at } = set.0[way];
                if known == hash && full_at > now {
                    return (Place::Own(way), full_at - now);
                }
                if full_at < least.1 {
                    least = (way, full_at);
                }
            }
            let (way, full_at) = least;
            if full_at <= now {
                return (Place::Free(way), 0);
            }
            if self.sets.len() >= most_sets {
                return (Place::Taken(way), full_at - now);
            }
            self.grow();
        }
    }

    /// Writes what a key owes.
    pub(super) fn put(&mut self, hash: u64, place: Place, now: u64, debt: u64) {
        let lost = self.lost;
        let slot = self.slot_mut(hash, place);
        // What a bucket gets back must not make it cheaper than one that has lost its slot.
        let floor = if matches!(place, Place::Own(_)) { lost.min(slot.full_at) } else { 0 };
        let evicted = if matches!(place, Place::Taken(_)) { slot.full_at } else { 0 };
        *slot = Slot { hash, full_at: now.saturating_add(debt).max(floor) };
        self.lost = lost.max(evicted);
    }

    pub(super) fn keys(&self, now: u64) -> usize {
        self.sets.iter().flat_map(|set| &set.0).filter(|slot| slot.full_at > now).count()
    }

    pub(super) fn bytes(&self) -> usize {
        self.sets.capacity() * size_of::<Set>()
    }

    #[expect(clippy::cast_possible_truncation, reason = "the low bits choose the set")]
    fn index(&self, hash: u64) -> usize {
        hash as usize & (self.sets.len() - 1)
    }

    fn set(&self, hash: u64) -> &Set {
        &self.sets[self.index(hash)]
    }

    fn slot_mut(&mut self, hash: u64, place: Place) -> &mut Slot {
        let index = self.index(hash);
        let (Place::Own(way) | Place::Free(way) | Place::Taken(way)) = place;
        &mut self.sets[index].0[way % WAYS]
    }

    /// Doubles the sets. A key stays in its set or goes to the same one of the second half.
    fn grow(&mut self) {
        let before = self.sets.len();
        self.sets.reserve_exact(before);
        self.sets.extend_from_within(..);
        for index in 0..before {
            for way in 0..WAYS {
                let hash = self.sets[index].0[way].hash;
                let away = if self.index(hash) == index { index + before } else { index };
                self.sets[away].0[way].full_at = 0;
            }
        }
    }
}

const fn first_way(hash: u64) -> usize {
    (hash >> 40) as usize % WAYS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(table: &mut Table, hash: u64, now: u64, most: usize, debt: u64) -> u64 {
        let (place, owed) = table.find(hash, now, most);
        table.put(hash, place, now, owed + debt);
        owed
    }

    #[test]
    fn growing_loses_nobody() {
        let mut table = Table::new();
        let hash = |key: u64| key.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17);
        for key in 1..=5000 {
            assert_eq!(take(&mut table, hash(key), 0, 1 << 20, key), 0);
        }
        for key in 1..=5000 {
            assert_eq!(table.find(hash(key), 0, 1 << 20).1, key);
        }
        assert_eq!(table.keys(0), 5000);
        assert_eq!(table.keys(4000), 1000);
    }

    #[test]
    fn a_full_set_forgives_nobody() {
        let mut table = Table::new();
        for key in 0..16 {
            take(&mut table, key, 0, 1, 100 + key);
        }
        // A newcomer owes what the cheapest owed, and takes its place.
        assert_eq!(take(&mut table, 100, 0, 1, 50), 100);
        // The one that went comes back, and owes at least what it did.
        assert_eq!(table.find(0, 0, 1), (Place::Taken(1), 101));
        // Those that owe most have stayed.
        assert_eq!(table.find(15, 0, 1), (Place::Own(15), 115));
        // What is given back cannot undercut the one that went.
        let (place, _) = table.find(15, 0, 1);
        table.put(15, place, 0, 0);
        assert_eq!(table.find(15, 0, 1).1, 100);
        // In time all of them are free.
        assert!(matches!(table.find(0, 150, 1), (Place::Free(_), 0)));
    }
}
